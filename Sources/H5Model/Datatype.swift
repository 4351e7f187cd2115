public enum ByteOrder: Sendable, Hashable {
    case little, big
}

/// A datatype as HDF5 describes it. Sizes and offsets are in bytes.
public indirect enum Datatype: Equatable, Sendable {
    case integer(Integer)
    case float(Float)
    case string(FixedString)
    case variableString(CharacterSet, Padding)
    case enumeration(Integer, members: [EnumMember])
    case compound(Compound)
    case array(of: Datatype, shape: Shape)
    case variableLength(of: Datatype)
    case opaque(size: Int, tag: String)
    case bitfield(size: Int, order: ByteOrder)
    case reference(ReferenceKind)
    /// A class that is described but never read: H5T_TIME, or numbers in a byte order of a VAX.
    case other(className: String, size: Int)

    /// Two's complement or unsigned, using all bits of its size: 1, 2, 4 or 8 bytes.
    public struct Integer: Equatable, Sendable {
        public var size: Int
        public var isSigned: Bool
        public var order: ByteOrder
        /// Significant bits and their offset where the type does not use all of its bits.
        public var bits: BitRange?

        public init(size: Int, isSigned: Bool, order: ByteOrder = .little, bits: BitRange? = nil) {
            self.size = size
            self.isSigned = isSigned
            self.order = order
            self.bits = bits
        }
    }

    public struct BitRange: Equatable, Sendable {
        public var precision: Int
        public var offset: Int

        public init(precision: Int, offset: Int) {
            self.precision = precision
            self.offset = offset
        }
    }

    /// IEEE 754 binary16, binary32 or binary64, or a format of its own.
    public struct Float: Equatable, Sendable {
        public var size: Int
        public var order: ByteOrder
        /// Nil for the format of IEEE 754 that has the size.
        public var format: FloatFormat?

        public init(size: Int, order: ByteOrder = .little, format: FloatFormat? = nil) {
            self.size = size
            self.order = order
            self.format = format
        }
    }

    public enum CharacterSet: Sendable { case ascii, utf8 }

    public enum Padding: Sendable { case nullTerminated, nullPadded, spacePadded }

    public struct FixedString: Equatable, Sendable {
        /// Bytes of storage, the terminator of a null-terminated string included.
        public var length: Int
        public var characterSet: CharacterSet
        public var padding: Padding

        public init(length: Int, characterSet: CharacterSet = .ascii, padding: Padding = .nullPadded) {
            self.length = length
            self.characterSet = characterSet
            self.padding = padding
        }
    }

    public struct EnumMember: Equatable, Sendable {
        public var name: HDF5Name
        /// The value's bit pattern, sign-extended where the base is signed.
        public var value: Int64

        public init(name: HDF5Name, value: Int64) {
            self.name = name
            self.value = value
        }
    }

    public struct Compound: Equatable, Sendable {
        /// Bytes of one element, padding included.
        public var size: Int
        public var fields: [Field]

        public init(size: Int, fields: [Field]) {
            self.size = size
            self.fields = fields
        }
    }

    public struct Field: Equatable, Sendable {
        public var name: HDF5Name
        public var offset: Int
        public var type: Datatype

        public init(name: HDF5Name, offset: Int, type: Datatype) {
            self.name = name
            self.offset = offset
            self.type = type
        }
    }

    public enum ReferenceKind: Sendable { case object, region }
}

extension Datatype {
    /// Bytes of one element as it is stored; a variable-length one by its heap reference (16).
    public var size: Int {
        switch self {
        case .integer(let type): type.size
        case .float(let type): type.size
        case .string(let type): type.length
        case .variableString, .variableLength: 16
        case .enumeration(let base, _): base.size
        case .compound(let type): type.size
        case .array(let element, let shape): element.size * (shape.elementCount ?? 0)
        case .opaque(let size, _), .bitfield(let size, _), .other(_, let size): size
        case .reference(let kind): kind == .object ? 8 : 12
        }
    }

    /// Whether any part is of variable length where it travels, so that elements have no common size on the wire.
    public var hasVariableLength: Bool {
        switch self {
        case .variableString, .variableLength, .reference: true
        case .compound(let type): type.fields.contains { $0.type.hasVariableLength }
        case .array(let element, _): element.hasVariableLength
        default: false
        }
    }

    /// An integer that uses all of its bits, or a float.
    public var isNumber: Bool {
        switch self {
        case .integer(let type): type.bits == nil
        case .float(let type): type.format == nil
        default: false
        }
    }

    /// h5py's boolean: an enumeration of one byte with exactly FALSE = 0 and TRUE = 1.
    public var isBoolean: Bool {
        guard case .enumeration(let base, let members) = self, base.size == 1, members.count == 2 else { return false }
        return members.contains(EnumMember(name: "FALSE", value: 0))
            && members.contains(EnumMember(name: "TRUE", value: 1))
    }

    /// h5py's complex number: a compound of two equal floats named `r` and `i`. The parts' type.
    public var complexPart: Float? {
        guard case .compound(let type) = self, type.fields.count == 2, type.fields[0].name == "r",
            type.fields[1].name == "i", type.fields[0].type == type.fields[1].type,
            case .float(let part) = type.fields[0].type
        else { return nil }
        return part
    }

    /// The unsigned integer as which a bitfield is told in text; nil for one of another size than 1, 2, 4 or 8 bytes, and
    /// for anything else.
    public var bitfieldNumber: Integer? {
        guard case .bitfield(let size, let order) = self, [1, 2, 4, 8].contains(size) else { return nil }
        return Integer(size: size, isSigned: false, order: order)
    }

    /// Why values of this type cannot be served, in words that follow "values of "; nil where they can.
    public var unsupportedReason: String? {
        switch self {
        case .integer(let type): [1, 2, 4, 8].contains(type.size) ? nil : "\(type.size)-byte integers"
        case .float(let type): type.unsupportedReason
        case .string, .variableString, .opaque, .bitfield, .reference: nil
        case .enumeration(let base, _): Datatype.integer(base).unsupportedReason
        case .compound(let type):
            type.fields.isEmpty
                ? "compounds without fields" : type.fields.lazy.compactMap(\.type.unsupportedReason).first
        case .array(let element, _), .variableLength(let element): element.unsupportedReason
        case .other(let name, let size): "\(size)-byte \(name)"
        }
    }

    /// The type in which values travel: compounds without padding, whole-byte integers, floats of IEEE 754 (or else the
    /// processor's long double, which has one byte order), and every number in `order` where one is given (else as
    /// stored).
    public func packed(order: ByteOrder? = nil) -> Datatype {
        switch self {
        case .integer(let type): .integer(type.packed(order: order))
        case .float(let type): .float(type.packed(order: order))
        case .enumeration(let base, let members): .enumeration(base.packed(order: order), members: members)
        case .bitfield(let size, let stored): .bitfield(size: size, order: order ?? stored)
        case .compound(let type):
            .compound(Compound(packing: type.fields.map { ($0.name, $0.type.packed(order: order)) }))
        case .array(let element, let shape): .array(of: element.packed(order: order), shape: shape)
        case .variableLength(let element): .variableLength(of: element.packed(order: order))
        case .string, .variableString, .opaque, .reference, .other: self
        }
    }
}

extension Datatype.Integer {
    fileprivate func packed(order: ByteOrder?) -> Datatype.Integer {
        Datatype.Integer(size: size, isSigned: isSigned, order: order ?? self.order)
    }
}

extension Datatype {
    /// A compound of named fields, which follow one another without padding.
    public static func compound(_ fields: KeyValuePairs<HDF5Name, Datatype>) -> Datatype {
        .compound(Compound(packing: fields.map { (name: $0.key, type: $0.value) }))
    }
}

extension Datatype.Compound {
    /// A compound whose fields follow one another without padding.
    public init(packing fields: [(name: HDF5Name, type: Datatype)]) {
        var offset = 0
        self.fields = fields.map { field in
            defer { offset += field.type.size }
            return Datatype.Field(name: field.name, offset: offset, type: field.type)
        }
        size = offset
    }

    /// The compound of only the named fields, in the order of `names`, without padding.
    /// - Throws: `not_found` for a name that is not a field.
    public func selecting(_ names: [HDF5Name]) throws(ServiceError) -> Datatype.Compound {
        var chosen: [(name: HDF5Name, type: Datatype)] = []
        for name in names {
            guard let field = fields.first(where: { $0.name == name }) else {
                let known = fields.map(\.name.description).joined(separator: ", ")
                throw ServiceError(.notFound, "no field \"\(name)\"; the fields are \(known)")
            }
            if chosen.contains(where: { $0.name == name }) {
                throw ServiceError(.invalid, "field \"\(name)\" is named twice")
            }
            chosen.append((field.name, field.type))
        }
        return Datatype.Compound(packing: chosen)
    }
}
