import H5Model
import HDF5JSON
import HTTPMessage

/// What a line says is not what the driver understands.
struct Misunderstanding: Error {
    let what: String
}

/// The members of an operation, each as the type that it must have.
struct Members {
    let json: JSONTree

    init(_ json: JSONTree) {
        self.json = json
    }

    init(line: String) throws {
        var line = line
        json = try line.withUTF8 { text throws(JSONError) in
            var reader = JSONReader(UnsafeRawBufferPointer(text))
            return try JSONTree(&reader, limit: .max)
        }
    }

    func has(_ name: String) -> Bool {
        if let value = json[name] { value != .null } else { false }
    }

    func member(_ name: String) throws -> JSONTree {
        guard let value = json[name] else { throw Misunderstanding(what: "\(name) is missing in \(json)") }
        return value
    }

    func members(_ name: String) throws -> Members {
        Members(try member(name))
    }

    func list(_ name: String) throws -> [JSONTree] {
        guard case .list(let elements) = try member(name) else { throw Misunderstanding(what: "\(name) is no list") }
        return elements
    }

    func bytes(_ name: String) throws -> [UInt8] {
        guard case .string(let bytes) = try member(name) else { throw Misunderstanding(what: "\(name) is no string") }
        return bytes
    }

    func text(_ name: String) throws -> String {
        String(decoding: try bytes(name), as: UTF8.self)
    }

    func path(_ name: String = "path") throws -> ObjectPath {
        ObjectPath(bytes: try bytes(name))
    }

    func flag(_ name: String) throws -> Bool {
        guard case .boolean(let flag) = try member(name) else { throw Misunderstanding(what: "\(name) is no flag") }
        return flag
    }

    func shape(_ name: String = "shape") throws -> Shape {
        try members(name).integers()
    }

    func integer(_ name: String) throws -> Int {
        guard let number = try member(name).integer else { throw Misunderstanding(what: "\(name) is no integer") }
        return number
    }

    /// The integers of the list that this is.
    func integers() throws -> [Int] {
        guard case .list(let elements) = json else { throw Misunderstanding(what: "\(json) is no list") }
        return try elements.map { element in
            guard let number = element.integer else { throw Misunderstanding(what: "\(json) has no integers") }
            return number
        }
    }

    /// Values as they travel, which are in base64.
    func octets() throws -> [UInt8] {
        guard let bytes = Base64.decode(try bytes("octets")) else { throw Misunderstanding(what: "no base64") }
        return bytes
    }

    func datatype() throws -> Datatype {
        try DatatypeJSON.read(try member("datatype"))
    }
}
