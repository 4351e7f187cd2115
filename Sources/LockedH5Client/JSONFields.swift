import H5Model

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The members of a JSON object of the interface.
struct JSONFields {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    private let container: KeyedDecodingContainer<Key>

    init(_ decoder: any Decoder) throws {
        container = try decoder.container(keyedBy: Key.self)
    }

    /// A member that must be there, and be null only where the type has room for that.
    subscript<Value: Decodable>(name: String) -> Value {
        get throws { try container.decode(Value.self, forKey: Key(stringValue: name)) }
    }

    /// A member that may be absent or null.
    func optional<Value: Decodable>(_ name: String) throws -> Value? {
        try container.decodeIfPresent(Value.self, forKey: Key(stringValue: name))
    }

    /// A member that is one of the words of a closed set.
    func word<Word: RawRepresentable<String>>(_ name: String) throws -> Word {
        let text: String = try self[name]
        guard let word = Word(rawValue: text) else { throw unexpected(name, text) }
        return word
    }

    /// The bytes of a name or a path: of `...Base64` where they are not UTF-8.
    func bytes(_ name: String) throws -> [UInt8] {
        if let data: Data = try optional(name + "Base64") { return Array(data) }
        let text: String = try self[name]
        return Array(text.utf8)
    }

    /// A time (RFC 3339) that may be absent.
    func date(_ name: String) throws -> Date? {
        guard let text: String = try optional(name) else { return nil }
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        return try Date(text, strategy: style)
    }

    func datatype(_ name: String) throws -> Datatype {
        let type: DescribedDatatype = try self[name]
        return type.datatype
    }

    /// The error of a member whose value is none of those that there are.
    func unexpected(_ name: String, _ value: String) -> DecodingError {
        .dataCorruptedError(
            forKey: Key(stringValue: name), in: container, debugDescription: "unknown \(name) \"\(value)\"")
    }
}
