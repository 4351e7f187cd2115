internal import CHDF5
internal import Glibc
internal import H5Model

/// The datatype that an identifier stands for.
func datatype(_ id: hid_t, of path: ObjectPath) throws(HDF5Error) -> Datatype {
    try DatatypeDecoder(path: path).datatype(id, depth: 0)
}

/// Turns libhdf5's datatypes into values.
private struct DatatypeDecoder {
    let path: ObjectPath
    private static let depthLimit = 64

    var operation: String { "reading the datatype of \(path)" }

    init(path: ObjectPath) {
        self.path = path
    }

    func datatype(_ id: hid_t, depth: Int) throws(HDF5Error) -> Datatype {
        guard depth < Self.depthLimit else {
            throw HDF5Error(.unsupported, "the datatype of \(path) is nested more than \(Self.depthLimit) deep")
        }
        let size = H5Tget_size(id)
        guard size > 0 else { throw HDF5Error.latest(operation) }
        switch H5Tget_class(id) {
        case H5T_INTEGER:
            return try integer(id, size).map(Datatype.integer) ?? .other(className: "H5T_INTEGER", size: size)
        case H5T_FLOAT: return try float(id, size)
        case H5T_STRING: return try string(id, size)
        case H5T_BITFIELD: return try bitfield(id, size)
        case H5T_OPAQUE: return .opaque(size: size, tag: try text(H5Tget_tag(id)))
        case H5T_COMPOUND: return .compound(try compound(id, size, depth))
        case H5T_ENUM: return try enumeration(id, size)
        case H5T_REFERENCE: return try reference(id, size)
        case H5T_VLEN: return .variableLength(of: try base(of: id, depth))
        case H5T_ARRAY: return .array(of: try base(of: id, depth), shape: try arrayShape(id))
        case H5T_TIME: return .other(className: "H5T_TIME", size: size)
        default: throw HDF5Error.latest(operation)
        }
    }

    private func base(of id: hid_t, _ depth: Int) throws(HDF5Error) -> Datatype {
        let base = try Handle(H5Tget_super(id), .datatype, operation)
        return try datatype(base.id, depth: depth + 1)
    }

    private func order(_ id: hid_t) -> ByteOrder? {
        switch H5Tget_order(id) {
        case H5T_ORDER_LE: .little
        case H5T_ORDER_BE: .big
        default: nil
        }
    }

    private func integer(_ id: hid_t, _ size: Int) throws(HDF5Error) -> Datatype.Integer? {
        guard let order = order(id) else { return nil }
        let precision = H5Tget_precision(id)
        let offset = Int(try check(H5Tget_offset(id), operation))
        let isWhole = precision == 8 * size && offset == 0
        return Datatype.Integer(
            size: size, isSigned: H5Tget_sign(id) == H5T_SGN_2, order: order,
            bits: isWhole ? nil : Datatype.BitRange(precision: precision, offset: offset))
    }

    private func float(_ id: hid_t, _ size: Int) throws(HDF5Error) -> Datatype {
        guard let order = order(id), let format = try FloatFormat(id, operation) else {
            return .other(className: "H5T_FLOAT", size: size)
        }
        return .float(
            Datatype.Float(size: size, order: order, format: format == FloatFormat(ieeeOfSize: size) ? nil : format))
    }

    private func bitfield(_ id: hid_t, _ size: Int) throws(HDF5Error) -> Datatype {
        guard let order = order(id) else { return .other(className: "H5T_BITFIELD", size: size) }
        return .bitfield(size: size, order: order)
    }

    private func string(_ id: hid_t, _ size: Int) throws(HDF5Error) -> Datatype {
        let set: Datatype.CharacterSet
        switch H5Tget_cset(id) {
        case H5T_CSET_ASCII: set = .ascii
        case H5T_CSET_UTF8: set = .utf8
        default: return .other(className: "H5T_STRING", size: size)
        }
        let padding: Datatype.Padding
        switch H5Tget_strpad(id) {
        case H5T_STR_NULLTERM: padding = .nullTerminated
        case H5T_STR_NULLPAD: padding = .nullPadded
        case H5T_STR_SPACEPAD: padding = .spacePadded
        default: return .other(className: "H5T_STRING", size: size)
        }
        if try check(H5Tis_variable_str(id), operation) > 0 { return .variableString(set, padding) }
        return .string(Datatype.FixedString(length: size, characterSet: set, padding: padding))
    }

    private func reference(_ id: hid_t, _ size: Int) throws(HDF5Error) -> Datatype {
        if try check(H5Tequal(id, chdf5_object_reference()), operation) > 0 { return .reference(.object) }
        if try check(H5Tequal(id, chdf5_region_reference()), operation) > 0 { return .reference(.region) }
        return .other(className: "H5T_REFERENCE", size: size)
    }

    private func arrayShape(_ id: hid_t) throws(HDF5Error) -> Shape {
        let rank = Int(try check(H5Tget_array_ndims(id), operation))
        var extents = [hsize_t](repeating: 0, count: rank)
        try check(H5Tget_array_dims2(id, &extents), operation)
        return extents.map { Int(clamping: $0) }
    }

    private func compound(_ id: hid_t, _ size: Int, _ depth: Int) throws(HDF5Error) -> Datatype.Compound {
        var fields: [Datatype.Field] = []
        for index in 0..<UInt32(try check(H5Tget_nmembers(id), operation)) {
            let type = try Handle(H5Tget_member_type(id, index), .datatype, operation)
            fields.append(
                Datatype.Field(
                    name: try name(id, index), offset: H5Tget_member_offset(id, index),
                    type: try datatype(type.id, depth: depth + 1)))
        }
        return Datatype.Compound(size: size, fields: fields).stored
    }

    private func enumeration(_ id: hid_t, _ size: Int) throws(HDF5Error) -> Datatype {
        let base = try Handle(H5Tget_super(id), .datatype, operation)
        guard size <= 8, H5Tget_class(base.id) == H5T_INTEGER, let integer = try integer(base.id, size) else {
            return .other(className: "H5T_ENUM", size: size)
        }
        var members: [Datatype.EnumMember] = []
        for index in 0..<UInt32(try check(H5Tget_nmembers(id), operation)) {
            var bytes = [UInt8](repeating: 0, count: size)
            try check(H5Tget_member_value(id, index, &bytes), operation)
            members.append(Datatype.EnumMember(name: try name(id, index), value: integer.value(of: bytes)))
        }
        return .enumeration(integer, members: members)
    }

    private func name(_ id: hid_t, _ index: UInt32) throws(HDF5Error) -> HDF5Name {
        guard let name = H5Tget_member_name(id, index) else { throw HDF5Error.latest(operation) }
        defer { H5free_memory(name) }
        return HDF5Name(bytes: UnsafeBufferPointer(start: name, count: strlen(name)).map(UInt8.init(bitPattern:)))
    }

    private func text(_ owned: UnsafeMutablePointer<CChar>?) throws(HDF5Error) -> String {
        guard let owned else { throw HDF5Error.latest(operation) }
        defer { H5free_memory(owned) }
        return String(cString: owned)
    }
}

extension FloatFormat {
    /// The format of the type `id`; nil for one without a rule for its mantissa.
    ///
    /// The corresponding C functions are `H5Tget_fields`, `H5Tget_ebias` and `H5Tget_norm`.
    fileprivate init?(_ id: hid_t, _ operation: String) throws(HDF5Error) {
        let normalization: Normalization
        switch H5Tget_norm(id) {
        case H5T_NORM_IMPLIED: normalization = .implied
        case H5T_NORM_MSBSET: normalization = .mostSignificantSet
        case H5T_NORM_NONE: normalization = .none
        default: return nil
        }
        var (sign, exponent, exponentSize, mantissa, mantissaSize) = (0, 0, 0, 0, 0)
        try check(H5Tget_fields(id, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize), operation)
        self.init(
            precision: H5Tget_precision(id), offset: Int(try check(H5Tget_offset(id), operation)), sign: sign,
            exponent: exponent, exponentSize: exponentSize, exponentBias: H5Tget_ebias(id), mantissa: mantissa,
            mantissaSize: mantissaSize, normalization: normalization)
    }

    /// IEEE 754's binary16, binary32 and binary64; nil for any other size.
    fileprivate init?(ieeeOfSize size: Int) {
        guard let width = [2: 5, 4: 8, 8: 11][size] else { return nil }
        let sign = 8 * size - 1
        self.init(
            precision: 8 * size, offset: 0, sign: sign, exponent: sign - width, exponentSize: width,
            exponentBias: 1 << (width - 1) - 1, mantissa: 0, mantissaSize: sign - width, normalization: .implied)
    }
}

extension Datatype.Integer {
    /// The number that `bytes` hold in this type.
    fileprivate func value(of bytes: [UInt8]) -> Int64 {
        let ordered = order == .big ? bytes : bytes.reversed()
        let whole = ordered.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let width = min(bits?.precision ?? 8 * size, 64)
        let shifted = (whole >> UInt64(bits?.offset ?? 0)) << UInt64(64 - width)
        return isSigned
            ? Int64(bitPattern: shifted) >> Int64(64 - width) : Int64(bitPattern: shifted >> UInt64(64 - width))
    }
}
