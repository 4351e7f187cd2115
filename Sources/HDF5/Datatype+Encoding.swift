internal import CHDF5
internal import H5Model

/// Makes the libhdf5 type in which elements of `type` lie in memory: packed, and variable-length parts as pointers.
///
/// Enumerations are made as their integers: libhdf5 converts an enumeration to another by its members' names and
/// replaces values that are no member's, but to an integer it keeps every value.
func memoryType(_ type: Datatype) throws(HDF5Error) -> Handle {
    try DatatypeEncoder(purpose: .reading).encode(type)
}

/// Makes the libhdf5 type of elements in memory that are to be written.
///
/// As `memoryType`, but enumerations are themselves: libhdf5 converts no integer to an enumeration.
func writingType(_ type: Datatype) throws(HDF5Error) -> Handle {
    try DatatypeEncoder(purpose: .writing).encode(type)
}

/// Makes the libhdf5 type with which a dataset or an attribute of `type` is created.
///
/// What is stored has the offsets that `type` tells of: libhdf5 itself moves the fields behind a variable-length string,
/// from where its pointer ends to where its reference to the heap does.
func storedType(_ type: Datatype) throws(HDF5Error) -> Handle {
    do throws(ServiceError) {
        try type.checkStorable()
    } catch {
        throw HDF5Error(error)
    }
    return try DatatypeEncoder(purpose: .storing).encode(type)
}

/// Turns values into libhdf5's datatypes.
private struct DatatypeEncoder {
    enum Purpose {
        case reading, writing, storing
    }

    let purpose: Purpose
    private var making: String { "making a datatype" }

    init(purpose: Purpose) {
        self.purpose = purpose
    }

    func encode(_ type: Datatype) throws(HDF5Error) -> Handle {
        switch type {
        case .integer(let integer): return try encode(integer)
        case .float(let float): return try encode(float)
        case .string(let string): return try encode(string.length, string.characterSet, string.padding)
        case .variableString(let set, let padding): return try encode(chdf5_variable(), set, padding)
        case .enumeration(let integer, let members):
            return purpose == .reading ? try encode(integer) : try encode(integer, members)
        case .bitfield(let size, let order): return try encode(bitfieldOf: size, order)
        case .opaque(let size, let tag):
            let handle = try Handle(H5Tcreate(H5T_OPAQUE, size), .datatype, making)
            try check(H5Tset_tag(handle.id, tag), making)
            return handle
        case .compound(let compound): return try encode(compound)
        case .array(let element, let shape):
            let base = try encode(element)
            return try Handle(
                H5Tarray_create2(base.id, UInt32(shape.count), shape.map { hsize_t($0) }), .datatype, making)
        case .variableLength(let element):
            let base = try encode(element)
            return try Handle(H5Tvlen_create(base.id), .datatype, making)
        case .reference(let kind):
            return try copy(kind == .object ? chdf5_object_reference() : chdf5_region_reference())
        case .other(let name, let size):
            throw HDF5Error(.unsupported, "values of \(size)-byte \(name) are not supported")
        }
    }

    private func copy(_ id: hid_t) throws(HDF5Error) -> Handle {
        try Handle(H5Tcopy(id), .datatype, making)
    }

    private func encode(_ type: Datatype.Integer) throws(HDF5Error) -> Handle {
        let standard = chdf5_integer(Int32(type.size), type.isSigned ? 1 : 0, type.order == .big ? 1 : 0)
        guard standard >= 0 else { throw HDF5Error(.unsupported, "\(type.size)-byte integers are not supported") }
        let handle = try copy(standard)
        if let bits = type.bits {
            try check(H5Tset_precision(handle.id, bits.precision), making)
            try check(H5Tset_offset(handle.id, bits.offset), making)
        }
        return handle
    }

    private func encode(_ type: Datatype.Float) throws(HDF5Error) -> Handle {
        if type == .extended { return try copy(chdf5_long_double()) }
        let handle = try copy(chdf5_float(Int32(type.size), type.order == .big ? 1 : 0))
        if type.size == 2 {
            // The fields first: they must fit the precision, which the size cuts.
            try check(H5Tset_fields(handle.id, 15, 10, 5, 0, 10), making)
            try check(H5Tset_ebias(handle.id, 15), making)
            try check(H5Tset_size(handle.id, 2), making)
        }
        return handle
    }

    private func encode(
        _ length: Int, _ set: Datatype.CharacterSet, _ padding: Datatype.Padding
    ) throws(HDF5Error) -> Handle {
        let handle = try copy(chdf5_c_string())
        try check(H5Tset_size(handle.id, length), making)
        try check(H5Tset_cset(handle.id, set == .utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII), making)
        try check(H5Tset_strpad(handle.id, padding.native), making)
        return handle
    }

    private func encode(bitfieldOf size: Int, _ order: ByteOrder) throws(HDF5Error) -> Handle {
        let handle = try copy(chdf5_bitfield())
        try check(H5Tset_size(handle.id, size), making)
        try check(H5Tset_precision(handle.id, 8 * size), making)
        try check(H5Tset_order(handle.id, order.native), making)
        return handle
    }

    private func encode(
        _ integer: Datatype.Integer, _ members: [Datatype.EnumMember]
    ) throws(HDF5Error) -> Handle {
        let base = try encode(integer)
        let handle = try Handle(H5Tenum_create(base.id), .datatype, making)
        for member in members {
            try check(
                H5Tenum_insert(handle.id, try cString(member.name.bytes), integer.bytes(of: member.value)), making)
        }
        return handle
    }

    private func encode(_ type: Datatype.Compound) throws(HDF5Error) -> Handle {
        let isStored = purpose == .storing
        let size =
            isStored ? type.size - Datatype.compound(type).growth : type.fields.reduce(0) { $0 + $1.type.memorySize }
        let handle = try Handle(H5Tcreate(H5T_COMPOUND, size), .datatype, making)
        let offsets = isStored ? type.creationOffsets : type.memoryOffsets
        for (field, offset) in zip(type.fields, offsets) {
            let member = try encode(field.type)
            try check(H5Tinsert(handle.id, try cString(field.name.bytes), offset, member.id), making)
        }
        return handle
    }
}

extension Datatype.Compound {
    /// Where the fields lie in memory, packed.
    fileprivate var memoryOffsets: [Int] {
        var end = 0
        return fields.map { field in
            defer { end += field.type.memorySize }
            return end
        }
    }

    /// Where libhdf5 wants the fields of a type that is to be stored.
    fileprivate var creationOffsets: [Int] {
        zip(fields, shifts).map { $0.offset - $1 }
    }

    /// The stored type, where this is one as libhdf5 tells of it: as it would be in memory.
    var stored: Datatype.Compound {
        let growth = fields.reduce(0) { $0 + $1.type.growth }
        let moved = zip(fields, shifts).map { Datatype.Field(name: $0.name, offset: $0.offset + $1, type: $0.type) }
        return Datatype.Compound(size: size + growth, fields: moved)
    }

    /// By how much each field lies further on in the file than in memory, for the sake of those before it.
    private var shifts: [Int] {
        var shifts = fields.map { _ in 0 }
        var shift = 0
        for index in fields.indices.sorted(by: { fields[$0].offset < fields[$1].offset }) {
            shifts[index] = shift
            shift += fields[index].type.growth
        }
        return shifts
    }
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

    /// Bytes by which a stored element is larger than one in memory with the same padding.
    fileprivate var growth: Int {
        switch self {
        case .compound(let type): type.fields.reduce(0) { $0 + $1.type.growth }
        case .array(let element, let shape): element.growth * (shape.elementCount ?? 0)
        default: size - memorySize
        }
    }
}

extension Datatype.Integer {
    /// The bytes of a number whose bit pattern is `value`.
    fileprivate func bytes(of value: Int64) -> [UInt8] {
        let width = bits?.precision ?? 8 * size
        let kept = width == 64 ? UInt64(bitPattern: value) : UInt64(bitPattern: value) & (1 << UInt64(width) - 1)
        let whole = kept << UInt64(bits?.offset ?? 0)
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: whole >> UInt64(8 * $0)) }
        return order == .big ? bytes.reversed() : bytes
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
