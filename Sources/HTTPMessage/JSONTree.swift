/// A JSON value as a tree, for small texts.
public indirect enum JSONTree: Equatable, Sendable {
    case null
    case boolean(Bool)
    case number(JSONNumber)
    /// The characters as UTF-8.
    case string([UInt8])
    case list([JSONTree])
    /// The members in their order; no name stands twice.
    case object([Member])

    public struct Member: Equatable, Sendable {
        /// The characters as UTF-8.
        public var name: [UInt8]
        public var value: JSONTree

        public init(name: [UInt8], value: JSONTree) {
            self.name = name
            self.value = value
        }
    }

    /// Builds the tree of the reader's next value.
    /// - Parameter limit: The most bytes that the value's text may take; its tree takes about sixteen times as many.
    public init(_ json: inout JSONReader, limit: Int = 1 << 20) throws(JSONError) {
        var probe = json
        let (text, origin) = try probe.skip()
        guard text.count <= limit else {
            throw JSONError("a value that takes more than \(limit) bytes", at: origin, isTooLarge: true)
        }
        try self.init(next: &json)
    }

    private init(next json: inout JSONReader) throws(JSONError) {
        switch try json.peek() {
        case .null:
            try json.null()
            self = .null
        case .boolean: self = .boolean(try json.boolean())
        case .number: self = .number(try json.number())
        case .string: self = .string(try json.string())
        case .list:
            var elements: [JSONTree] = []
            try json.beginList()
            while try json.nextElement() { elements.append(try JSONTree(next: &json)) }
            self = .list(elements)
        case .object:
            var members: [Member] = []
            try json.beginObject()
            while try json.nextMember() {
                let name = json.key
                members.append(Member(name: name, value: try JSONTree(next: &json)))
            }
            self = .object(members)
        }
    }

    /// The value of an object's member; nil where there is none of that name.
    public subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// The text of a string; nil of anything else.
    public var text: String? {
        if case .string(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }

    /// A number that is an `Int`; nil of anything else.
    public var integer: Int? {
        if case .number(.integer(let number)) = self { Int(number) } else { nil }
    }

    /// What the value is, for a message: a text or a number itself, else its kind.
    public var summary: String {
        switch self {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .number(.integer(let number)): "\(number)"
        case .number(.unsigned(let number)): "\(number)"
        case .number(.other(let text)): text.abbreviated
        case .string(let bytes): "\"\(String(decoding: bytes, as: UTF8.self).abbreviated)\""
        case .list: "a list"
        case .object: "an object"
        }
    }
}
