import H5Model
import HDF5JSON
import HTTPMessage

/// A datatype as a request names it.
enum AskedDatatype {
    case described(Datatype)
    /// The one that is committed in the request's file: `{"committed": "/types/t"}`.
    case committed(ObjectPath)

    /// - Throws: `invalid`, `unsupported`.
    init(_ json: JSONTree) throws(ServiceError) {
        guard case .object(let members) = json, let path = json["committed"] else {
            self = .described(try DatatypeJSON.read(json))
            return
        }
        guard case .string(let bytes) = path, members.count == 1 else {
            throw ServiceError(
                .invalid, "a committed datatype is named by its path alone, such as {\"committed\": \"/types/t\"}")
        }
        self = .committed(ObjectPath(bytes: bytes))
    }

    /// The datatype that the value of a query parameter describes: JSON, or a name without quotation marks.
    /// - Throws: As `init(_:)`.
    init(text: [UInt8]) throws(ServiceError) {
        if text.first(where: { $0 != 0x20 }) == UInt8(ascii: "{"), let json = Self.tree(text), json["committed"] != nil
        {
            self = try AskedDatatype(json)
        } else {
            self = .described(try DatatypeJSON.read(text: text))
        }
    }

    /// Nil for what is no JSON.
    private static func tree(_ text: [UInt8]) -> JSONTree? {
        text.withUnsafeBytes { bytes in
            var json = JSONReader(bytes)
            guard let tree = try? JSONTree(&json), (try? json.end()) != nil else { return nil }
            return tree
        }
    }
}

/// What a request describes, which may be known only with its file, where the datatype is committed there.
enum OfAskedDatatype<Description: Sendable>: Sendable {
    case described(Description)
    case ofCommitted(ObjectPath)
}

/// A committed datatype that was found in its file.
struct FoundDatatype {
    var path: ObjectPath
    var datatype: Datatype
}
