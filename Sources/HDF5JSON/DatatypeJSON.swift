public import H5Model
public import HTTPMessage

/// Datatypes by the names of HDF5/JSON.
///
/// What these do not say is lost: offsets in a compound, which becomes packed.
public enum DatatypeJSON {
    /// Writes the object that describes `type`.
    public static func write(_ type: Datatype, to json: inout JSONWriter) {
        json.object { json in
            switch type {
            case .integer(let type): integer(type, to: &json)
            case .float(let type): float(type, to: &json)
            case .string(let type):
                string(type.characterSet, type.padding, to: &json)
                json.integer(type.length)
            case .variableString(let characterSet, let padding):
                string(characterSet, padding, to: &json)
                json.string("H5T_VARIABLE")
            case .enumeration(let base, let members): enumeration(base, members, to: &json)
            case .compound(let type): compound(type, to: &json)
            case .array(let element, let shape): array(of: element, shape: shape, to: &json)
            case .variableLength(let element): variableLength(of: element, to: &json)
            case .opaque(let size, let tag): opaque(size: size, tag: tag, to: &json)
            case .bitfield(let size, let order):
                named("H5T_BITFIELD", base: "H5T_STD_B\(size * 8)\(order.suffix)", to: &json)
            case .reference(let kind):
                let base = kind == .object ? "H5T_STD_REF_OBJ" : "H5T_STD_REF_DSETREG"
                named("H5T_REFERENCE", base: base, to: &json)
            case .other(let className, let size): other(className, size: size, to: &json)
            }
        }
    }

    private static func named(_ name: String, base: String, to json: inout JSONWriter) {
        json.key("class")
        json.string(name)
        json.key("base")
        json.string(base)
    }

    private static func integer(_ type: Datatype.Integer, to json: inout JSONWriter) {
        let sign = type.isSigned ? "I" : "U"
        named("H5T_INTEGER", base: "H5T_STD_\(sign)\(type.size * 8)\(type.order.suffix)", to: &json)
        if let bits = type.bits {
            json.key("precision")
            json.integer(bits.precision)
            json.key("offset")
            json.integer(bits.offset)
        }
    }

    private static func float(_ type: Datatype.Float, to json: inout JSONWriter) {
        guard let format = type.format else {
            return named("H5T_FLOAT", base: "H5T_IEEE_F\(type.size * 8)\(type.order.suffix)", to: &json)
        }
        json.key("class")
        json.string("H5T_FLOAT")
        json.key("size")
        json.integer(type.size)
        json.key("order")
        json.string("H5T_ORDER_\(type.order.suffix)")
        for (key, number) in format.numbers {
            json.key(key)
            json.integer(number)
        }
        json.key("norm")
        json.string(format.normalization.rawValue)
    }

    /// All but the length's value.
    private static func string(
        _ characterSet: Datatype.CharacterSet, _ padding: Datatype.Padding, to json: inout JSONWriter
    ) {
        json.key("class")
        json.string("H5T_STRING")
        json.key("charSet")
        json.string(characterSet == .ascii ? "H5T_CSET_ASCII" : "H5T_CSET_UTF8")
        json.key("strPad")
        switch padding {
        case .nullTerminated: json.string("H5T_STR_NULLTERM")
        case .nullPadded: json.string("H5T_STR_NULLPAD")
        case .spacePadded: json.string("H5T_STR_SPACEPAD")
        }
        json.key("length")
    }

    private static func enumeration(
        _ base: Datatype.Integer, _ members: [Datatype.EnumMember], to json: inout JSONWriter
    ) {
        json.key("class")
        json.string("H5T_ENUM")
        json.key("base")
        write(.integer(base), to: &json)
        json.key("mapping")
        json.object { json in
            for member in members {
                json.key(member.name.description)
                if base.isSigned {
                    json.integer(member.value)
                } else {
                    json.integer(UInt64(bitPattern: member.value))
                }
            }
        }
    }

    private static func compound(_ type: Datatype.Compound, to json: inout JSONWriter) {
        json.key("class")
        json.string("H5T_COMPOUND")
        json.key("fields")
        json.array { json in
            for field in type.fields {
                json.object { json in
                    json.member("name", name: field.name.bytes)
                    json.key("type")
                    write(field.type, to: &json)
                }
            }
        }
    }

    private static func array(of element: Datatype, shape: Shape, to json: inout JSONWriter) {
        json.key("class")
        json.string("H5T_ARRAY")
        json.key("base")
        write(element, to: &json)
        json.key("dims")
        json.shape(shape)
    }

    private static func variableLength(of element: Datatype, to json: inout JSONWriter) {
        json.key("class")
        json.string("H5T_VLEN")
        json.key("size")
        json.string("H5T_VARIABLE")
        json.key("base")
        write(element, to: &json)
    }

    private static func opaque(size: Int, tag: String, to json: inout JSONWriter) {
        json.key("class")
        json.string("H5T_OPAQUE")
        json.key("size")
        json.integer(size)
        json.key("tag")
        json.string(tag)
    }

    private static func other(_ className: String, size: Int, to json: inout JSONWriter) {
        json.key("class")
        json.string(className)
        json.key("size")
        json.integer(size)
    }
}

extension FloatFormat {
    /// The places and sizes by their names in JSON, in bits.
    var numbers: KeyValuePairs<String, Int> {
        [
            "precision": precision, "offset": offset, "sign": sign, "exponent": exponent,
            "exponentSize": exponentSize, "exponentBias": exponentBias, "mantissa": mantissa,
            "mantissaSize": mantissaSize,
        ]
    }
}

extension ByteOrder {
    fileprivate var suffix: String { self == .little ? "LE" : "BE" }
}
