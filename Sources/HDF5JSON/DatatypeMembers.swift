import H5Model
import HTTPMessage

/// The members of an object that describes a datatype.
struct DatatypeMembers {
    /// HDF5 keeps the size of a datatype in 32 bits.
    private static let largestSize = Int(UInt32.max)

    private let json: JSONTree
    private let className: String

    /// - Throws: `invalid`.
    init(_ json: JSONTree) throws(ServiceError) {
        guard let name = json["class"]?.text else {
            throw ServiceError(.invalid, "a datatype's \"class\" is missing, or is no string")
        }
        self.json = json
        className = name
    }

    /// - Throws: `invalid`.
    func datatype() throws(ServiceError) -> Datatype {
        if let size = try otherSize { return .other(className: className, size: size) }
        return switch className {
        case "H5T_INTEGER": .integer(try integer())
        case "H5T_FLOAT": try float()
        case "H5T_STRING": try string()
        case "H5T_ENUM": try enumeration()
        case "H5T_COMPOUND": .compound(try compound())
        case "H5T_ARRAY": try array()
        case "H5T_VLEN": try variableLength()
        case "H5T_OPAQUE": try opaque()
        case "H5T_BITFIELD": try bitfield()
        case "H5T_REFERENCE": try reference()
        default: throw ServiceError(.invalid, "\"\(className)\" is no class of datatypes")
        }
    }

    /// The size of a type of which nothing else is described; nil of one that is described wholly.
    private var otherSize: Int? {
        get throws(ServiceError) {
            guard case .object(let members) = json, members.count == 2, json["size"] != nil, className != "H5T_OPAQUE"
            else { return nil }
            return try size("size")
        }
    }

    // MARK: Members

    private func invalid(_ message: String) -> ServiceError {
        ServiceError(.invalid, "\(className): \(message)")
    }

    private func check(_ known: String...) throws(ServiceError) {
        guard case .object(let members) = json else { return }
        for member in members {
            let name = String(decoding: member.name, as: UTF8.self)
            if name == "class" || known.contains(name) { continue }
            throw invalid("unknown key \"\(name)\"; it takes \((["class"] + known).joined(separator: ", "))")
        }
    }

    private func value(_ name: String) throws(ServiceError) -> JSONTree {
        guard let value = json[name] else { throw invalid("\"\(name)\" is missing") }
        return value
    }

    private func refused(_ name: String, _ value: JSONTree, _ wanted: String) -> ServiceError {
        invalid("\"\(name)\" is \(value.summary), not \(wanted)")
    }

    private func integer(_ name: String, in range: ClosedRange<Int>) throws(ServiceError) -> Int {
        let value = try value(name)
        guard let number = value.integer, range.contains(number) else {
            throw refused(name, value, "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func size(_ name: String) throws(ServiceError) -> Int {
        try integer(name, in: 1...Self.largestSize)
    }

    private func word<Word>(_ name: String, _ words: KeyValuePairs<String, Word>) throws(ServiceError) -> Word {
        let value = try value(name)
        guard let word = words.first(where: { $0.key == value.text })?.value else {
            throw refused(name, value, words.map(\.key).joined(separator: " or "))
        }
        return word
    }

    /// The predefined type that is the member `base`.
    private func base(_ example: String) throws(ServiceError) -> Datatype {
        let value = try value("base")
        guard let type = value.text.flatMap(PredefinedType.init)?.datatype else {
            throw refused("base", value, "the name of a predefined type such as \(example)")
        }
        return type
    }

    // MARK: Classes

    private func integer() throws(ServiceError) -> Datatype.Integer {
        try check("base", "precision", "offset")
        guard case .integer(var type) = try base("H5T_STD_I32LE") else {
            throw refused("base", try value("base"), "the name of an integer type such as H5T_STD_I32LE")
        }
        if json["precision"] != nil || json["offset"] != nil {
            let offset = try integer("offset", in: 0...(8 * type.size - 1))
            let precision = try integer("precision", in: 1...(8 * type.size - offset))
            type.bits = Datatype.BitRange(precision: precision, offset: offset)
        }
        return type
    }

    private func float() throws(ServiceError) -> Datatype {
        if json["size"] != nil { return .float(try otherFloat()) }
        try check("base")
        guard case .float(let type) = try base("H5T_IEEE_F64LE") else {
            throw refused("base", try value("base"), "the name of a float type such as H5T_IEEE_F64LE")
        }
        return .float(type)
    }

    /// A float of a format of its own.
    private func otherFloat() throws(ServiceError) -> Datatype.Float {
        try check(
            "size", "order", "precision", "offset", "sign", "exponent", "exponentSize", "exponentBias", "mantissa",
            "mantissaSize", "norm")
        let bits = 0...(8 * 64)
        let rules = FloatFormat.Normalization.allCases
        guard let norm = try value("norm").text.flatMap(FloatFormat.Normalization.init) else {
            throw refused("norm", try value("norm"), rules.map(\.rawValue).joined(separator: " or "))
        }
        let format = FloatFormat(
            precision: try integer("precision", in: bits), offset: try integer("offset", in: bits),
            sign: try integer("sign", in: bits), exponent: try integer("exponent", in: bits),
            exponentSize: try integer("exponentSize", in: 0...62),
            exponentBias: try integer("exponentBias", in: 0...Int(Int32.max)),
            mantissa: try integer("mantissa", in: bits), mantissaSize: try integer("mantissaSize", in: bits),
            normalization: norm)
        let order: ByteOrder = try word("order", ["H5T_ORDER_LE": .little, "H5T_ORDER_BE": .big])
        return Datatype.Float(size: try integer("size", in: 1...64), order: order, format: format)
    }

    private func bitfield() throws(ServiceError) -> Datatype {
        try check("base")
        guard case .bitfield(let size, let order) = try base("H5T_STD_B8LE") else {
            throw refused("base", try value("base"), "the name of a bitfield type such as H5T_STD_B8LE")
        }
        return .bitfield(size: size, order: order)
    }

    private func reference() throws(ServiceError) -> Datatype {
        // What other services add says in which form its values travel there.
        try check("base", "charSet", "length", "strPad")
        guard case .reference(let kind) = try base("H5T_STD_REF_OBJ") else {
            throw refused("base", try value("base"), "H5T_STD_REF_OBJ or H5T_STD_REF_DSETREG")
        }
        return .reference(kind)
    }

    private func string() throws(ServiceError) -> Datatype {
        try check("charSet", "strPad", "length")
        let set: Datatype.CharacterSet = try word("charSet", ["H5T_CSET_ASCII": .ascii, "H5T_CSET_UTF8": .utf8])
        let isVariable = try value("length").text == "H5T_VARIABLE"
        var padding = isVariable ? Datatype.Padding.nullTerminated : .nullPadded
        if json["strPad"] != nil {
            padding = try word(
                "strPad",
                [
                    "H5T_STR_NULLTERM": .nullTerminated, "H5T_STR_NULLPAD": .nullPadded,
                    "H5T_STR_SPACEPAD": .spacePadded,
                ])
        }
        if isVariable { return .variableString(set, padding) }
        guard try value("length").integer.map({ (1...Self.largestSize).contains($0) }) == true else {
            throw refused("length", try value("length"), "a number of bytes or \"H5T_VARIABLE\"")
        }
        return .string(Datatype.FixedString(length: try size("length"), characterSet: set, padding: padding))
    }

    private func opaque() throws(ServiceError) -> Datatype {
        try check("size", "tag")
        let tag = try json["tag"].map { tag throws(ServiceError) in
            guard let text = tag.text, !text.utf8.contains(0) else { throw refused("tag", tag, "a string without NUL") }
            return text
        }
        return .opaque(size: try size("size"), tag: tag ?? "")
    }

    private func variableLength() throws(ServiceError) -> Datatype {
        try check("base", "size")
        return .variableLength(of: try DatatypeJSON.read(try value("base")))
    }

    private func array() throws(ServiceError) -> Datatype {
        try check("base", "dims")
        let element = try DatatypeJSON.read(try value("base"))
        guard case .list(let extents) = try value("dims") else {
            throw refused("dims", try value("dims"), "a list of extents")
        }
        let shape = extents.compactMap(\.integer)
        guard shape.count == extents.count, (1...32).contains(shape.count), shape.allSatisfy({ $0 > 0 }),
            let count = shape.elementCount, count <= Self.largestSize / max(element.size, 1)
        else { throw invalid("\"dims\" are not 1 to 32 extents of an array that is smaller than 4 GiB") }
        return .array(of: element, shape: shape)
    }

    // MARK: Classes with named parts

    private func compound() throws(ServiceError) -> Datatype.Compound {
        try check("fields")
        guard case .list(let list) = try value("fields"), !list.isEmpty else {
            throw refused("fields", try value("fields"), "a list of {\"name\", \"type\"}")
        }
        var fields: [(name: HDF5Name, type: Datatype)] = []
        var names: Set<HDF5Name> = []
        for json in list {
            let field = try field(json)
            guard names.insert(field.name).inserted else { throw invalid("two fields are named \"\(field.name)\"") }
            fields.append(field)
        }
        let compound = Datatype.Compound(packing: fields)
        guard compound.size <= Self.largestSize else { throw invalid("its elements take 4 GiB and more") }
        return compound
    }

    private func field(_ json: JSONTree) throws(ServiceError) -> (name: HDF5Name, type: Datatype) {
        guard let name = json["name"], case .string(let text) = name, let type = json["type"] else {
            throw invalid("a field is an object with \"name\", a string, and \"type\"")
        }
        var bytes: [UInt8]? = text
        if let encoded = json["nameBase64"] { bytes = encoded.text.flatMap { Base64.decode(Array($0.utf8)) } }
        guard let bytes, !bytes.isEmpty, !bytes.contains(0) else {
            throw invalid("\(name.summary) is no name of a field")
        }
        return (HDF5Name(bytes: bytes), try DatatypeJSON.read(type))
    }

    private func enumeration() throws(ServiceError) -> Datatype {
        try check("base", "mapping")
        guard case .integer(let base) = try DatatypeJSON.read(try value("base")) else {
            throw invalid("\"base\" is no integer type")
        }
        guard case .object(let mapping) = try value("mapping") else {
            throw refused("mapping", try value("mapping"), "an object of names and integers")
        }
        var members: [Datatype.EnumMember] = []
        var values: Set<Int64> = []
        for member in mapping {
            let name = HDF5Name(bytes: member.name)
            guard !name.bytes.isEmpty, !name.bytes.contains(0) else { throw invalid("\"\(name)\" is no member's name") }
            guard let value = base.bitPattern(of: member.value) else {
                throw invalid("the member \"\(name)\" is \(member.value.summary), which is no number of the base type")
            }
            guard values.insert(value).inserted else { throw invalid("two members are \(member.value.summary)") }
            members.append(Datatype.EnumMember(name: name, value: value))
        }
        return .enumeration(base, members: members)
    }
}

extension Datatype.Integer {
    /// The number as an `EnumMember` holds it; nil where it is none of this type.
    fileprivate func bitPattern(of number: JSONTree) -> Int64? {
        guard case .number(let number) = number, size <= 8 else { return nil }
        let width = bits?.precision ?? 8 * size
        switch number {
        case .integer(let value):
            if isSigned { return (value << Int64(64 - width)) >> Int64(64 - width) == value ? value : nil }
            return value >= 0 && (width == 64 || value >> Int64(width) == 0) ? value : nil
        case .unsigned(let value): return !isSigned && width == 64 ? Int64(bitPattern: value) : nil
        case .other: return nil
        }
    }
}
