import H5Model
import HDF5JSON
import HTTPMessage
import Routes

/// The members of a JSON object that is the body of a request.
struct BodyMembers {
    private var members: [(name: String, value: JSONSource)] = []
    private let known: [String]

    /// Reads a body; a missing or empty one has no members.
    /// - Parameters:
    ///   - known: The members that there may be.
    ///   - ignored: Members of descriptions, which may come back but say nothing.
    ///   - read: Gets the members, which are there only for the call.
    /// - Throws: `invalid`, `unsupported_media`; what `read` throws.
    static func read<Result>(
        _ body: RequestBody, known: [String], ignored: [String] = [],
        _ read: (BodyMembers) throws(ServiceError) -> Result
    ) throws(ServiceError) -> Result {
        switch body {
        case .octetStream, .npy, .lines:
            throw ServiceError(.unsupportedMedia, "the body is JSON here: application/json")
        case .none: return try read(BodyMembers(known: known))
        case .json(let bytes):
            return try bytes.withBytes { bytes throws(ServiceError) in
                try read(try BodyMembers(JSONSource(text: bytes), known: known, ignored: ignored))
            }
        }
    }

    /// Reads one JSON object.
    /// - Throws: `invalid`; what `read` throws.
    static func read<Result>(
        _ object: JSONSource, known: [String], _ read: (BodyMembers) throws(ServiceError) -> Result
    ) throws(ServiceError) -> Result {
        try read(try BodyMembers(object, known: known, ignored: []))
    }

    private init(known: [String]) {
        self.known = known
    }

    private init(_ body: JSONSource, known: [String], ignored: [String]) throws(ServiceError) {
        self.known = known
        if body.text.isEmpty { return }
        do throws(JSONError) {
            var json = body.reader
            try json.beginObject()
            while try json.nextMember() {
                let name = json.keyText
                guard known.contains(name) || ignored.contains(name) else {
                    let list = known.joined(separator: ", ")
                    throw JSONError(
                        "unknown key \"\(name.abbreviated)\", where the known ones are \(list),", at: json.offset)
                }
                let value = try json.skip()
                if known.contains(name) { members.append((name, JSONSource(text: value.text, origin: value.origin))) }
            }
            try json.end()
        } catch {
            throw ServiceError(error)
        }
    }

    /// The member of that name; nil where there is none, and where it is null.
    subscript(name: String) -> JSONSource? {
        guard let value = members.first(where: { $0.name == name })?.value, !value.isNull else { return nil }
        return value
    }

    /// Whether there is a member of that name that is null.
    func isNull(_ name: String) -> Bool {
        members.contains { $0.name == name && $0.value.isNull }
    }

    /// The member of that name as a tree; nil where there is none, and where it is null.
    func tree(_ name: String) throws(ServiceError) -> JSONTree? {
        guard let value = self[name] else { return nil }
        do throws(JSONError) {
            var json = value.reader
            return try JSONTree(&json)
        } catch {
            throw ServiceError(error)
        }
    }

    /// A member that is true or false; nil where there is none.
    func flag(_ name: String) throws(ServiceError) -> Bool? {
        guard let value = try tree(name) else { return nil }
        guard case .boolean(let flag) = value else { throw refused(name, value, "true or false") }
        return flag
    }

    /// A member that is one of the words of a closed set; nil where there is none.
    func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, _: Word.Type = Word.self
    ) throws(ServiceError) -> Word? {
        guard let value = try tree(name) else { return nil }
        guard let word = value.text.flatMap(Word.init(rawValue:)) else {
            let known = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw refused(name, value, "one of \(known)")
        }
        return word
    }

    /// A member that is a list of extents; nil where there is none.
    func shape(_ name: String) throws(ServiceError) -> Shape? {
        guard let value = try tree(name) else { return nil }
        guard let shape = value.shape else { throw refused(name, value, "a list of extents from 0 on") }
        return shape
    }

    /// A member that is a string, or else bytes in the member `...Base64`.
    func bytes(_ name: String) throws(ServiceError) -> [UInt8]? {
        if let encoded = try tree(name + "Base64") {
            guard let bytes = encoded.text.flatMap({ Base64.decode(Array($0.utf8)) }) else {
                throw refused(name + "Base64", encoded, "base64")
            }
            return bytes
        }
        guard let value = try tree(name) else { return nil }
        guard case .string(let bytes) = value else { throw refused(name, value, "a string") }
        return bytes
    }

    /// A member that must be there.
    func required<Value>(_ name: String, _ value: Value?) throws(ServiceError) -> Value {
        guard let value else { throw ServiceError(.invalid, "the body needs the key \"\(name)\"") }
        return value
    }

    func refused(_ name: String, _ value: JSONTree, _ wanted: String) -> ServiceError {
        ServiceError(.invalid, "\"\(name)\" is \(value.summary), not \(wanted)")
    }
}

extension JSONSource {
    fileprivate var isNull: Bool { text.elementsEqual("null".utf8) }
}
