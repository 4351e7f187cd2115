import H5Model

extension Datatype {
    /// The datatype of a NumPy type string such as `<f8`, `|S4`, `|b1`; nil where it is none that the interface has.
    init?(numPy text: String) {
        let rest = text.dropFirst()
        guard let mark = text.first, "<>|".contains(mark), let kind = rest.first,
            let size = Int(rest.dropFirst()), (1...Int(UInt32.max)).contains(size)
        else { return nil }
        let order: ByteOrder = mark == ">" ? .big : .little
        switch kind {
        case "i", "u": self = .integer(Integer(size: size, isSigned: kind == "i", order: order))
        case "f": self = .float(Float(size: size, order: order))
        case "c": self = .complex(of: Float(size: size / 2, order: order))
        case "S": self = .string(FixedString(length: size))
        case "b" where size == 1: self = .boolean
        default: return nil
        }
    }

    /// h5py's complex number.
    private static func complex(of part: Float) -> Datatype {
        .compound(Compound(packing: [("r", .float(part)), ("i", .float(part))]))
    }

    /// h5py's boolean.
    private static var boolean: Datatype {
        .enumeration(
            Integer(size: 1, isSigned: true),
            members: [EnumMember(name: "FALSE", value: 0), EnumMember(name: "TRUE", value: 1)])
    }
}
