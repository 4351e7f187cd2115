import H5Model
import HTTPMessage

/// References: null, `{"path": "/a"}`, or `{"path": "/a", "select": "0:2,0:3"}` for a region.
enum ReferenceDecoder {
    private static let members = ["path", "pathBase64", "select"]

    /// Whether an object with that member is a reference.
    static func isMember(_ key: [UInt8]) -> Bool { members.contains { $0.utf8.elementsEqual(key) } }

    /// Appends a reference as it travels, behind its count.
    static func append(
        _ json: inout JSONReader, as kind: Datatype.ReferenceKind, to bytes: inout [UInt8]
    ) throws(JSONError) {
        let start = json.offset
        let wire = try reference(&json, kind, at: start).wire
        let first = bytes.count
        bytes.append(contentsOf: [0, 0, 0, 0])
        bytes.append(contentsOf: wire)
        try bytes.setCount(from: first, at: start)
    }

    private static func reference(
        _ json: inout JSONReader, _ kind: Datatype.ReferenceKind, at start: Int
    ) throws(JSONError) -> Reference {
        switch try json.peek() {
        case .null:
            try json.null()
            return .null
        case .object: return try object(&json, kind, at: start)
        default: throw json.unexpected("a reference, which is null or {\"path\": \"/a\"}")
        }
    }

    private static func object(
        _ json: inout JSONReader, _ kind: Datatype.ReferenceKind, at start: Int
    ) throws(JSONError) -> Reference {
        var path: [UInt8]?
        var region: String?
        try json.beginObject()
        while try json.nextMember() {
            let key = json.keyText
            guard members.contains(key), try json.peek() == .string else {
                throw JSONError("a reference has \"path\" and \"select\", both strings, and not this", at: json.offset)
            }
            let text = try json.string()
            switch key {
            case "pathBase64": path = Base64.decode(text)
            case "path": path = path ?? text
            default: region = String(decoding: text, as: UTF8.self)
            }
        }
        guard let path, path.first == UInt8(ascii: "/"), !path.contains(0) else {
            throw JSONError("a reference whose \"path\" is not absolute, or is missing,", at: start)
        }
        guard (region != nil) == (kind == .region), region?.utf8.contains(0) != true else {
            let rule = kind == .region ? "needs a \"select\"" : "to a whole object has no \"select\""
            throw JSONError("a reference \(rule), other than the one", at: start)
        }
        return Reference(.object(ObjectPath(bytes: path)), region: region)
    }
}

/// Opaque bytes as base64.
enum OpaqueDecoder {
    static func append(_ json: inout JSONReader, size: Int, to bytes: inout [UInt8]) throws(JSONError) {
        let start = json.offset
        guard try json.peek() == .string else { throw json.unexpected("\(size) bytes as a string of base64") }
        guard let opaque = Base64.decode(try json.string()) else { throw JSONError("no base64", at: start) }
        guard opaque.count == size else {
            throw JSONError("\(opaque.count) bytes where the datatype has \(size),", at: start)
        }
        bytes.append(contentsOf: opaque)
    }
}
