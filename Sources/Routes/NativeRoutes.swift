import H5Model
import HTTPTypes

/// The native dialect's routes, mounted at `/v1`, and the server's own.
public enum NativeRoutes {
    /// How values are written, for every route that answers with values.
    static let valueOptions = ["format", "nan", "int64", "rows"]

    public static let table: [Route] = [
        Route(.getHealth, .get, "/healthz", .server),
        Route(.getDescription, .get, "/openapi.json", .server),
        Route(.getFile, .get, "/v1/files", .entry, lock: .shared, parameters: ["limit", "after"]),
        Route(.getRaw, .get, "/v1/raw", .file, lock: .shared),
        Route(.getGroup, .get, "/v1/groups", .object, lock: .shared, parameters: ["limit", "after", "depth"]),
        Route(
            .getTree, .get, "/v1/tree", .object, lock: .shared, parameters: ["depth", "format"], isSpooled: true),
        Route(.getDataset, .get, "/v1/datasets", .object, lock: .shared),
        Route(
            .getValues, .get, "/v1/values", .object, lock: .shared,
            parameters: ["select", "field", "order"] + valueOptions),
        Route(
            .getAttributes, .get, "/v1/attributes", .object, lock: .shared,
            parameters: ["name", "order"] + valueOptions),
        Route(.getLink, .get, "/v1/links", .object, lock: .shared),
    ]
}
