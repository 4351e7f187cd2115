import H5Model
import HDF5JSON
import HTTPMessage

/// The members of a JSON object in an answer, each as its text: numbers keep all their digits, and members their order.
struct AnswerObject: Sendable {
    private(set) var members: [(name: [UInt8], text: [UInt8])] = []

    init(_ text: [UInt8]) throws(JSONError) {
        members = try text.withUnsafeBufferPointer { bytes throws(JSONError) in
            var json = JSONReader(UnsafeRawBufferPointer(bytes))
            var members: [(name: [UInt8], text: [UInt8])] = []
            try json.beginObject()
            while try json.nextMember() { members.append((json.key, Array(try json.skip().text))) }
            try json.end()
            return members
        }
    }

    /// The elements of a list of objects.
    static func list(_ text: [UInt8]) throws(JSONError) -> [AnswerObject] {
        try text.withUnsafeBufferPointer { bytes throws(JSONError) in
            var json = JSONReader(UnsafeRawBufferPointer(bytes))
            var elements: [AnswerObject] = []
            try json.beginList()
            while try json.nextElement() { elements.append(try AnswerObject(Array(try json.skip().text))) }
            try json.end()
            return elements
        }
    }

    /// The text of a member; nil where there is none.
    func text(_ name: String) -> [UInt8]? {
        members.first { $0.name.elementsEqual(name.utf8) }?.text
    }

    /// A member that must be there.
    func tree(_ name: String) throws -> JSONTree {
        guard let text = text(name) else { throw AnswerError("it has no member \"\(name)\"") }
        return try text.withUnsafeBufferPointer { bytes throws(JSONError) in
            var json = JSONReader(UnsafeRawBufferPointer(bytes))
            return try JSONTree(&json, limit: .max)
        }
    }

    /// A member that may be missing, or null.
    func optional(_ name: String) throws -> JSONTree? {
        guard text(name) != nil else { return nil }
        let tree = try tree(name)
        return tree == .null ? nil : tree
    }

    func flag(_ name: String) throws -> Bool {
        guard case .boolean(let flag) = try tree(name) else { throw unexpected(name) }
        return flag
    }

    func integer(_ name: String) throws -> Int {
        guard let number = try tree(name).integer else { throw unexpected(name) }
        return number
    }

    /// One of the words of a closed set.
    func word<Word: RawRepresentable<String>>(_ name: String) throws -> Word {
        guard let word = try tree(name).text.flatMap(Word.init(rawValue:)) else { throw unexpected(name) }
        return word
    }

    /// Extents; nil for null.
    func shape(_ name: String) throws -> Shape? {
        guard let tree = try optional(name) else { return nil }
        guard let shape = tree.shape else { throw unexpected(name) }
        return shape
    }

    func datatype(_ name: String) throws -> Datatype {
        try DatatypeJSON.read(try tree(name))
    }

    /// The bytes of a name or a path; nil where it is null.
    func bytes(_ name: String) throws -> [UInt8]? {
        guard let tree = try optional(name) else { return nil }
        return try Self.bytes(tree, try optional(name + "Base64")) ?? { throw unexpected(name) }()
    }

    /// The bytes of a text, which are in a second member where they are not UTF-8.
    static func bytes(_ text: JSONTree, _ base64: JSONTree?) -> [UInt8]? {
        if let base64 { return base64.text.flatMap { Base64.decode(Array($0.utf8)) } }
        if case .string(let bytes) = text { return bytes }
        return nil
    }

    private func unexpected(_ name: String) -> AnswerError {
        AnswerError("its member \"\(name)\" is \(String(decoding: text(name) ?? [], as: UTF8.self).abbreviated)")
    }
}

/// What an answer should have and has not.
struct AnswerError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Answer {
    /// The body, which is a JSON object.
    func object() throws(HDF5ClientError) -> AnswerObject {
        try understood { try AnswerObject(body) }
    }
}
