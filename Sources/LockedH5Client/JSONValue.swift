import HTTPMessage

/// A JSON value as the server writes values: NaN and the infinities are the strings `NaN`, `Infinity`, `-Infinity`.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number without a fraction that fits; also a float's, whose datatype tells that it is one.
    case integer(Int64)
    /// An integer that only fits without a sign.
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let number = try? container.decode(Double.self) {
            self = Self.exactly(number, container)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let elements = try? container.decode([JSONValue].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// The number as an integer where it is one; minus zero is none.
    private static func exactly(_ number: Double, _ container: any SingleValueDecodingContainer) -> JSONValue {
        if number == 0 && number.sign == .minus { return .number(number) }
        if let integer = try? container.decode(Int64.self) { return .integer(integer) }
        if let integer = try? container.decode(UInt64.self) { return .unsigned(integer) }
        return .number(number)
    }
}

extension JSONValue {
    /// Writes the value as the server writes such values.
    func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let flag): json.bool(flag)
        case .integer(let number): json.integer(number)
        case .unsigned(let number): json.integer(number)
        case .number(let number) where number.isFinite: json.raw("\(number)")
        case .number(let number): json.string(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
        case .string(let text): json.string(text)
        case .array(let elements):
            json.array { json in
                for element in elements { element.write(to: &json) }
            }
        case .object(let members):
            json.object { json in
                for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(name)
                    value.write(to: &json)
                }
            }
        }
    }
}
