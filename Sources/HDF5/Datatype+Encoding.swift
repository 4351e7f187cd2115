internal import CHDF5
internal import H5Model

/// Makes the libhdf5 type in which elements of `type` lie in memory: packed, and variable-length parts as pointers.
///
/// Enumerations are made as their integers: libhdf5 converts an enumeration to another by its members' names and
/// replaces values that are no member's, but to an integer it keeps every value.
func memoryType(_ type: Datatype) throws(HDF5Error) -> Handle {
    switch type {
    case .integer(let integer), .enumeration(let integer, _):
        return try integerType(integer)
    case .float(let float):
        return try floatType(float)
    case .string(let string):
        return try stringType(string.length, string.characterSet, string.padding)
    case .variableString(let set, let padding):
        return try stringType(chdf5_variable(), set, padding)
    case .bitfield(let size, let order):
        let handle = try copy(chdf5_bitfield())
        try check(H5Tset_size(handle.id, size), making)
        try check(H5Tset_precision(handle.id, 8 * size), making)
        try check(H5Tset_order(handle.id, order.native), making)
        return handle
    case .opaque(let size, let tag):
        let handle = try Handle(H5Tcreate(H5T_OPAQUE, size), .datatype, making)
        try check(H5Tset_tag(handle.id, tag), making)
        return handle
    case .compound(let compound):
        return try compoundType(compound)
    case .array(let element, let shape):
        let base = try memoryType(element)
        return try Handle(
            H5Tarray_create2(base.id, UInt32(shape.count), shape.map { hsize_t($0) }), .datatype, making)
    case .variableLength(let element):
        let base = try memoryType(element)
        return try Handle(H5Tvlen_create(base.id), .datatype, making)
    case .reference(let kind):
        return try copy(kind == .object ? chdf5_object_reference() : chdf5_region_reference())
    case .other(let name, let size):
        throw HDF5Error(.unsupported, "values of \(size)-byte \(name) are not supported")
    }
}

private var making: String { "making a datatype" }

private func copy(_ id: hid_t) throws(HDF5Error) -> Handle {
    try Handle(H5Tcopy(id), .datatype, making)
}

private func integerType(_ type: Datatype.Integer) throws(HDF5Error) -> Handle {
    let standard = chdf5_integer(Int32(type.size), type.isSigned ? 1 : 0, type.order == .big ? 1 : 0)
    guard standard >= 0 else { throw HDF5Error(.unsupported, "\(type.size)-byte integers are not supported") }
    return try copy(standard)
}

private func floatType(_ type: Datatype.Float) throws(HDF5Error) -> Handle {
    let handle = try copy(chdf5_float(Int32(type.size), type.order == .big ? 1 : 0))
    if type.size == 2 {
        // The fields first: they must fit the precision, which the size cuts.
        try check(H5Tset_fields(handle.id, 15, 10, 5, 0, 10), making)
        try check(H5Tset_ebias(handle.id, 15), making)
        try check(H5Tset_size(handle.id, 2), making)
    }
    return handle
}

private func stringType(
    _ length: Int, _ set: Datatype.CharacterSet, _ padding: Datatype.Padding
) throws(HDF5Error) -> Handle {
    let handle = try copy(chdf5_c_string())
    try check(H5Tset_size(handle.id, length), making)
    try check(H5Tset_cset(handle.id, set == .utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII), making)
    try check(H5Tset_strpad(handle.id, padding.native), making)
    return handle
}

private func compoundType(_ type: Datatype.Compound) throws(HDF5Error) -> Handle {
    let size = type.fields.reduce(0) { $0 + $1.type.memorySize }
    let handle = try Handle(H5Tcreate(H5T_COMPOUND, size), .datatype, making)
    var offset = 0
    for field in type.fields {
        let member = try memoryType(field.type)
        try check(H5Tinsert(handle.id, try cString(field.name.bytes), offset, member.id), making)
        offset += field.type.memorySize
    }
    return handle
}

extension Datatype {
    /// Bytes of one element in memory, where a variable-length string is a pointer.
    var memorySize: Int {
        switch self {
        case .variableString: MemoryLayout<UnsafeMutablePointer<CChar>?>.size
        case .variableLength: MemoryLayout<hvl_t>.size
        case .compound(let type): type.fields.reduce(0) { $0 + $1.type.memorySize }
        case .array(let element, let shape): element.memorySize * (shape.elementCount ?? 0)
        default: size
        }
    }
}

extension ByteOrder {
    fileprivate var native: H5T_order_t { self == .big ? H5T_ORDER_BE : H5T_ORDER_LE }
}

extension Datatype.Padding {
    fileprivate var native: H5T_str_t {
        switch self {
        case .nullTerminated: H5T_STR_NULLTERM
        case .nullPadded: H5T_STR_NULLPAD
        case .spacePadded: H5T_STR_SPACEPAD
        }
    }
}
