import H5Model

/// A datatype by its HDF5/JSON description.
///
/// What that does not say is lost: offsets in a compound (it becomes packed), and the order of an enumeration's members
/// (they are sorted by value).
struct DatatypeJSON: Decodable {
    let datatype: Datatype

    init(from decoder: any Decoder) throws {
        let fields = try JSONFields(decoder)
        let className: String = try fields["class"]
        datatype =
            switch className {
            case "H5T_INTEGER": .integer(try Self.integer(fields))
            case "H5T_FLOAT": try Self.float(fields)
            case "H5T_BITFIELD": try Self.bitfield(fields)
            case "H5T_STRING": try Self.string(fields)
            case "H5T_ENUM": try Self.enumeration(fields)
            case "H5T_COMPOUND": .compound(Datatype.Compound(packing: try Self.members(fields)))
            case "H5T_ARRAY": try Self.array(fields)
            case "H5T_VLEN": .variableLength(of: try fields.datatype("base"))
            case "H5T_OPAQUE": .opaque(size: try fields.size("size"), tag: try fields["tag"])
            case "H5T_REFERENCE": .reference(try fields["base"] == "H5T_STD_REF_OBJ" ? .object : .region)
            default: .other(className: className, size: try fields.size("size"))
            }
    }

    /// Kind, size in bytes and byte order of a predefined type: `H5T_STD_I32LE` is `I`, 4, little.
    private static func base(_ fields: JSONFields) throws -> (kind: Character, size: Int, order: ByteOrder) {
        let name: String = try fields["base"]
        let last = name.split(separator: "_").last ?? ""
        guard let kind = last.first, last.hasSuffix("LE") || last.hasSuffix("BE"),
            let bits = Int(last.dropFirst().dropLast(2)), (8...1024).contains(bits), bits % 8 == 0
        else { throw fields.unexpected("base", name) }
        return (kind, bits / 8, last.hasSuffix("LE") ? .little : .big)
    }

    private static func integer(_ fields: JSONFields) throws -> Datatype.Integer {
        let (kind, size, order) = try base(fields)
        var bits: Datatype.BitRange?
        if let precision: Int = try fields.optional("precision") {
            bits = Datatype.BitRange(precision: precision, offset: try fields["offset"])
        }
        return Datatype.Integer(size: size, isSigned: kind == "I", order: order, bits: bits)
    }

    /// A format that is not IEEE 754 has only a size.
    private static func float(_ fields: JSONFields) throws -> Datatype {
        if let _: Int = try fields.optional("size") {
            return .other(className: "H5T_FLOAT", size: try fields.size("size"))
        }
        let (_, size, order) = try base(fields)
        return .float(Datatype.Float(size: size, order: order))
    }

    private static func bitfield(_ fields: JSONFields) throws -> Datatype {
        let (_, size, order) = try base(fields)
        return .bitfield(size: size, order: order)
    }

    private static func string(_ fields: JSONFields) throws -> Datatype {
        let set: Datatype.CharacterSet = try fields["charSet"] == "H5T_CSET_ASCII" ? .ascii : .utf8
        let name: String = try fields["strPad"]
        let padding: Datatype.Padding =
            switch name {
            case "H5T_STR_NULLTERM": .nullTerminated
            case "H5T_STR_NULLPAD": .nullPadded
            case "H5T_STR_SPACEPAD": .spacePadded
            default: throw fields.unexpected("strPad", name)
            }
        if (try? fields["length"]) == "H5T_VARIABLE" { return .variableString(set, padding) }
        return .string(Datatype.FixedString(length: try fields.size("length"), characterSet: set, padding: padding))
    }

    private static func array(_ fields: JSONFields) throws -> Datatype {
        let element = try fields.datatype("base")
        let shape: Shape = try fields["dims"]
        guard shape.allSatisfy({ $0 > 0 }), let count = shape.elementCount,
            count <= Int(UInt32.max) / max(element.size, 1)
        else { throw fields.unexpected("dims", "\(shape)") }
        return .array(of: element, shape: shape)
    }

    private static func enumeration(_ fields: JSONFields) throws -> Datatype {
        let type = try fields.datatype("base")
        guard case .integer(let base) = type else { throw fields.unexpected("base", "\(type)") }
        let mapping: [String: Int64]
        if base.isSigned {
            mapping = try fields["mapping"]
        } else {
            let values: [String: UInt64] = try fields["mapping"]
            mapping = values.mapValues { Int64(bitPattern: $0) }
        }
        let members = mapping.map { Datatype.EnumMember(name: HDF5Name($0.key), value: $0.value) }
        return .enumeration(base, members: members.sorted { $0.value < $1.value })
    }

    private struct Member: Decodable {
        let name: HDF5Name
        let type: Datatype

        init(from decoder: any Decoder) throws {
            let fields = try JSONFields(decoder)
            name = HDF5Name(bytes: try fields.bytes("name"))
            type = try fields.datatype("type")
        }
    }

    private static func members(_ fields: JSONFields) throws -> [(name: HDF5Name, type: Datatype)] {
        let members: [Member] = try fields["fields"]
        return members.map { ($0.name, $0.type) }
    }
}
