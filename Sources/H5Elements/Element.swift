public import H5Model

/// A Swift type whose values are elements of datasets and attributes.
///
/// Numbers, `Bool`, `String`, `Complex`, `Reference` and arrays of them are elements; an enumeration becomes one with
/// `EnumElement`, a struct with `CompoundElement`.
public protocol Element: Sendable {
    /// The datatype of new datasets and attributes of such elements.
    /// - Parameter example: One of the elements, for types that do not tell it alone; nil where there is none.
    /// - Throws: `invalid` where the datatype cannot be told.
    static func datatype(for example: Self?) throws(ServiceError) -> Datatype

    /// Takes the next element, which is one of `type`.
    /// - Throws: `wrong_kind` for a type of which no element can be made; `invalid` for a value that does not fit.
    static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Self

    /// Adds the element as one of `type`.
    /// - Throws: As `take`.
    func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError)

    /// Takes the next elements; for types that can do so faster than one after the other.
    static func take(
        _ count: Int, from source: inout ElementSource, as type: Datatype
    ) throws(ServiceError) -> [Self]

    /// Adds elements; for types that can do so faster than one after the other.
    static func append(
        _ elements: [Self], to sink: inout ElementSink, as type: Datatype
    ) throws(ServiceError)
}

extension Element {
    public static func take(
        _ count: Int, from source: inout ElementSource, as type: Datatype
    ) throws(ServiceError) -> [Self] {
        try source.check(count, of: type)
        var elements: [Self] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try take(from: &source, as: type)) }
        return elements
    }

    public static func append(
        _ elements: [Self], to sink: inout ElementSink, as type: Datatype
    ) throws(ServiceError) {
        for element in elements { try element.append(to: &sink, as: type) }
    }
}

/// What may happen to a number that the other type cannot hold as it is.
public enum Conversion: Sendable {
    /// It is an error: every number comes out as it went in.
    case lossless
    /// Floats are rounded to what the other type can hold, and towards zero for integers; a number beyond the type's
    /// range is an error.
    case rounding
}

extension Datatype {
    /// The type for a message: what it is, and of how many bits.
    package var title: String {
        switch self {
        case .integer(let type): "\(8 * type.size)-bit \(type.isSigned ? "" : "unsigned ")integers"
        case .float(let type): "\(8 * type.size)-bit floats"
        case .string, .variableString: "strings"
        case .enumeration: isBoolean ? "booleans" : "enumeration values"
        case .compound: "compounds"
        case .array: "arrays"
        case .variableLength: "sequences of variable length"
        case .opaque: "opaque bytes"
        case .bitfield(let size, _): "\(8 * size)-bit bitfields"
        case .reference(.object): "object references"
        case .reference(.region): "region references"
        case .other(let name, _): name
        }
    }
}
