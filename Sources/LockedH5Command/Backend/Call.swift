import H5Model
import HTTPMessage
import HTTPTypes
import Routes

/// A file or a directory, and what in it, if anything.
struct Found: Equatable {
    enum Kind { case directory, file, object }

    /// `file` is the file itself, `object` something in it, its root group too.
    var kind: Kind
    /// The path of the file or directory: here as it was typed, at a server from the served directory on.
    var file: [UInt8]
    var object: ObjectPath

    /// The path for a person.
    var fileText: String { String(decoding: file, as: UTF8.self) }
}

/// A request to the native interface about an object of a file, which a server or this process answers.
struct Call {
    var method: HTTPRequest.Method
    /// The resource's name: `groups`.
    var resource: String
    /// The file's path.
    var file: [UInt8]
    /// Nil for a call about the file itself.
    var object: ObjectPath?
    var query = Query()
    var accept = "application/json"
    var body: Body?
    /// The target must not be there yet.
    var createsOnly = false
    /// The file must be in the state in which it was read first.
    var isPinned = false

    /// A body: JSON, NumPy's format, or bytes.
    struct Body {
        var form: Representation
        var bytes: [UInt8]
    }

    init(_ method: HTTPRequest.Method, _ resource: String, _ file: [UInt8], _ object: ObjectPath?) {
        self.method = method
        self.resource = resource
        self.file = file
        self.object = object
    }

    /// The same with one more parameter; none where the value is nil.
    func with(_ name: String, _ value: String?) -> Call {
        guard let value else { return self }
        return with(name, bytes: Array(value.utf8))
    }

    func with(_ name: String, bytes value: [UInt8]) -> Call {
        var call = self
        call.query.items.append(Query.Item(name: name, value: value))
        return call
    }

    func with(json: [UInt8]) -> Call {
        var call = self
        call.body = Body(form: .json, bytes: json)
        return call
    }
}

/// A change of files and directories themselves.
enum EntryChange {
    case makeDirectory([UInt8], withParents: Bool)
    case makeFile([UInt8])
    case rename(Found, to: [UInt8])
    case remove(Found)
    case copyFile(Found, to: [UInt8])
    /// With the members of the body that say how.
    case copyObject(Found, to: Found, options: [String])
    case repack(Found)
}
