import H5Model
import HTTPTypes

/// The native dialect's routes, mounted at `/v1`, and the server's own.
public enum NativeRoutes {
    /// How values are written, for every route that answers with values.
    static let valueOptions = ["format", "nan", "int64", "rows"]
    /// What of a dataset's values is told, and how.
    private static let selectionOptions =
        ["field", "order", "datatype"] + valueOptions + ["colormap", "min", "max", "width"]

    public static let table: [Route] = reading + files + objects + leases + [batch]

    private static let batch = Route(.batch, .post, "/v1/batch", .file, lock: .exclusive, body: .batch)

    /// Where leases are taken and kept; behind it are tokens, which no log tells.
    public static let locks = "/v1/locks"

    private static let leases: [Route] = [
        Route(.getLocks, .get, locks, .file, parameters: ["token"]),
        Route(.acquireLease, .post, locks, .file, body: .json),
        Route(.renewLease, .put, locks, .file, parameters: ["token"], body: .json),
        Route(.releaseLease, .delete, locks, .file, parameters: ["token"]),
    ]

    /// Whether an operation changes a file.
    public static func isChange(_ operation: Operation) -> Bool { changes.contains(operation) }

    private static let changes = Set(
        table.filter(\.isWrite).map(\.operation) + [.recoverFile, .synchronizeDirectory, .copyObject])

    private static let reading: [Route] = [
        Route(.getHealth, .get, "/healthz", .server),
        Route(.getDescription, .get, "/openapi.json", .server),
        Route(.getFile, .get, "/v1/files", .entry, lock: .shared, parameters: ["limit", "after"]),
        Route(.getRaw, .get, "/v1/raw", .file, lock: .shared),
        Route(.getRepack, .get, "/v1/repack", .file, parameters: ["job"]),
        Route(.getEvents, .get, "/v1/events", .entry, parameters: ["after"]),
        Route(.getGroup, .get, "/v1/groups", .object, lock: .shared, parameters: ["limit", "after", "depth"]),
        Route(
            .getTree, .get, "/v1/tree", .object, lock: .shared, parameters: ["depth", "aliases", "format"],
            isSpooled: true),
        Route(.getDataset, .get, "/v1/datasets", .object, lock: .shared),
        Route(.getDatatype, .get, "/v1/datatypes", .object, lock: .shared),
        Route(.getDimensions, .get, "/v1/dimensions", .object, lock: .shared),
        Route(
            .getValues, .get, "/v1/values", .object, lock: .shared,
            parameters: ["select"] + selectionOptions),
        Route(
            .selectValues, .post, "/v1/values", .object, lock: .shared,
            parameters: selectionOptions, body: .values),
        Route(
            .getAttributes, .get, "/v1/attributes", .object, lock: .shared,
            parameters: ["name", "order"] + valueOptions),
        Route(.getLink, .get, "/v1/links", .object, lock: .shared),
    ]
    private static let files: [Route] = [
        Route(
            .createFile, .put, "/v1/files", .entry, lock: .exclusive, parameters: ["require", "parents"],
            body: .json),
        Route(.renameEntry, .patch, "/v1/files", .entry, lock: .exclusive, body: .json),
        Route(.removeEntry, .delete, "/v1/files", .entry, lock: .exclusive),
        Route(.copyFile, .post, "/v1/copies", .file, lock: .shared, body: .json),
        Route(.repackFile, .post, "/v1/repack", .file, lock: .exclusive),
        Route(.putRaw, .put, "/v1/raw", .entry, lock: .exclusive, parameters: ["parents"], body: .file),
    ]

    private static let objects: [Route] = [
        change(.createGroup, .put, "groups", parameters: ["require"], body: .json),
        change(.removeGroup, .delete, "groups"),
        change(.createDataset, .put, "datasets", parameters: ["require", "exact"], body: .dataset),
        change(.resizeDataset, .patch, "datasets", body: .json),
        change(.removeDataset, .delete, "datasets"),
        change(.commitDatatype, .put, "datatypes", body: .json),
        change(.removeDatatype, .delete, "datatypes"),
        change(.changeDimensions, .patch, "dimensions", body: .json),
        change(.putValues, .put, "values", parameters: ["select", "field", "order", "atomic"], body: .values),
        change(.updateValues, .patch, "values", parameters: ["select", "field"], body: .json),
        change(
            .putAttribute, .put, "attributes", parameters: ["name", "datatype", "shape", "order"], body: .attribute),
        change(.modifyAttribute, .patch, "attributes", parameters: ["name"], body: .json),
        change(.removeAttribute, .delete, "attributes", parameters: ["name"]),
        change(.createLink, .put, "links", body: .json),
        change(.moveLink, .patch, "links", body: .json),
        change(.removeLink, .delete, "links"),
    ]

    private static func change(
        _ operation: Operation, _ method: HTTPRequest.Method, _ resource: String, parameters: [String] = [],
        body: BodyRule? = nil
    ) -> Route {
        Route(operation, method, "/v1/\(resource)", .object, lock: .exclusive, parameters: parameters, body: body)
    }
}
