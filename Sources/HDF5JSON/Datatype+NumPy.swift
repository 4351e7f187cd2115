public import H5Model
import HTTPMessage

extension Datatype {
    /// The datatype of a NumPy type: a string such as `<f8`, `S4` or `?`, a name such as `float64`, or `str`, which is
    /// h5py's variable-length UTF-8. Without a byte order it is little-endian.
    /// - Throws: `unsupported` for a type that HDF5 has none for; `invalid` for what is no type.
    public init(numPy text: String) throws(ServiceError) {
        let known = Self.numPyNames[text] ?? text
        let mark = known.first.flatMap { "<>=|".contains($0) ? $0 : nil }
        let body = known.dropFirst(mark == nil ? 0 : 1)
        let spelled = (mark == ">" ? ">" : "<") + body
        if Self.time(spelled[...]) {
            self = .opaque(size: 8, tag: Self.tagMark + spelled)
            return
        }
        guard let type = Self.numPy(body, order: mark == ">" ? .big : .little) else {
            throw try Self.refusal(of: text, body)
        }
        self = type
    }

    /// h5py's string of variable length.
    public static let text = Datatype.variableString(.utf8, .nullTerminated)

    /// h5py's boolean.
    public static let boolean = Datatype.enumeration(
        Integer(size: 1, isSigned: true),
        members: [EnumMember(name: "FALSE", value: 0), EnumMember(name: "TRUE", value: 1)])

    /// h5py's complex number.
    public static func complex(of part: Float) -> Datatype {
        .compound(Compound(packing: [("r", .float(part)), ("i", .float(part))]))
    }

    /// NumPy's type string; nil for a datatype that loses something in it.
    public var numPyType: String? {
        if isBoolean { return "|b1" }
        if let part = complexPart, part.format == nil, part.size >= 4 { return "\(part.order.mark)c\(2 * part.size)" }
        switch self {
        case .integer(let type):
            return "\(type.size == 1 ? "|" : type.order.mark)\(type.isSigned ? "i" : "u")\(type.size)"
        case .float(let type) where type.format == nil || type == .extended: return "\(type.order.mark)f\(type.size)"
        case .opaque(let size, ""): return "|V\(size)"
        case .opaque(let size, let tag) where Self.time(tag.dropFirst(Self.tagMark.count)) && size == 8:
            return tag.hasPrefix(Self.tagMark) ? String(tag.dropFirst(Self.tagMark.count)) : nil
        case .string(let type) where type.padding != .spacePadded: return "|S\(type.length)"
        default: return nil
        }
    }

    /// What h5py puts in front of NumPy's type string, as the tag of opaque values.
    private static let tagMark = "NUMPY:"

    /// Whether a type string is one of NumPy's times: `<M8[ns]`.
    private static func time(_ text: Substring) -> Bool {
        guard let mark = text.first, "<>".contains(mark), case let body = text.dropFirst(),
            body.hasPrefix("M8") || body.hasPrefix("m8")
        else { return false }
        let unit = body.dropFirst(2)
        return unit.isEmpty || unit.hasPrefix("[") && unit.hasSuffix("]") && unit.utf8.count <= 16
    }

    private static func numPy(_ body: Substring, order: ByteOrder) -> Datatype? {
        if body == "str" { return .text }
        if body == "?" { return .boolean }
        let digits = body.dropFirst()
        guard let kind = body.first, digits.allSatisfy({ ("0"..."9").contains($0) }), let size = Int(digits),
            (1...Int(UInt32.max)).contains(size)
        else { return nil }
        switch (kind, size) {
        case ("i", 1), ("i", 2), ("i", 4), ("i", 8), ("u", 1), ("u", 2), ("u", 4), ("u", 8):
            return .integer(Integer(size: size, isSigned: kind == "i", order: order))
        case ("f", 2), ("f", 4), ("f", 8): return .float(Float(size: size, order: order))
        case ("c", 8), ("c", 16): return .complex(of: Float(size: size / 2, order: order))
        case ("b", 1): return .boolean
        case ("S", _): return .string(FixedString(length: size))
        case ("V", _): return .opaque(size: size, tag: "")
        default: return nil
        }
    }

    /// Names and letters of NumPy's types, by the strings that say how large they are.
    private static let numPyNames: [String: String] = [
        "bool": "b1", "bool_": "b1",
        "int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8",
        "uint8": "u1", "uint16": "u2", "uint32": "u4", "uint64": "u8",
        "float16": "f2", "float32": "f4", "float64": "f8", "complex64": "c8", "complex128": "c16",
        "int": "i8", "uint": "u8", "float": "f8", "complex": "c16", "half": "f2", "single": "f4", "double": "f8",
        "b": "i1", "h": "i2", "i": "i4", "l": "i8", "q": "i8",
        "B": "u1", "H": "u2", "I": "u4", "L": "u8", "Q": "u8",
        "e": "f2", "f": "f4", "d": "f8", "F": "c8", "D": "c16",
    ]

    private static func refusal(of text: String, _ body: Substring) throws(ServiceError) -> ServiceError {
        let reason: String? =
            switch body.first {
            case "U": "HDF5 has no UTF-32 strings; \"str\" is text of any length, \"S10\" text of at most 10 bytes"
            case "O": "HDF5 has no Python objects; \"str\" is text of any length"
            case "M", "m": "NumPy has its times as \"<M8[ns]\", with the unit in brackets"
            case "g", "G": "extended floats are of no fixed format"
            case "S" where body.count == 1, "a" where body.count == 1: "the length is missing, as in \"S10\""
            default: nil
            }
        if let reason {
            return ServiceError(.unsupported, "the datatype \"\(text.abbreviated)\" cannot be made: \(reason)")
        }
        return ServiceError(
            .invalid,
            "\"\(text.abbreviated)\" is no datatype; NumPy has those such as \"<f8\", HDF5/JSON describes all")
    }
}

extension ByteOrder {
    fileprivate var mark: String { self == .little ? "<" : ">" }
}
