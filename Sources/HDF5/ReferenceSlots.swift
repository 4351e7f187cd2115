internal import CHDF5

/// Where the references lie in an element in memory.
indirect enum ReferenceSlots {
    case none
    case object
    case region
    case members([(offset: Int, slots: ReferenceSlots)])
    case elements(count: Int, size: Int, ReferenceSlots)
    case sequence(size: Int, ReferenceSlots)

    /// - Parameter type: A type in memory, as libhdf5 gives it for a dataset or an attribute.
    init(_ type: hid_t, _ operation: String) throws(HDF5Error) {
        switch H5Tget_class(type) {
        case H5T_REFERENCE: self = try Self.reference(type, operation)
        case H5T_COMPOUND: self = try Self.compound(type, operation)
        case H5T_ARRAY:
            let element = try Handle(H5Tget_super(type), .datatype, operation)
            let size = H5Tget_size(element.id)
            let slots = try ReferenceSlots(element.id, operation)
            self = slots.isNone || size == 0 ? .none : .elements(count: H5Tget_size(type) / size, size: size, slots)
        case H5T_VLEN:
            let element = try Handle(H5Tget_super(type), .datatype, operation)
            let slots = try ReferenceSlots(element.id, operation)
            self = slots.isNone ? .none : .sequence(size: H5Tget_size(element.id), slots)
        default: self = .none
        }
    }

    private static func reference(_ type: hid_t, _ operation: String) throws(HDF5Error) -> ReferenceSlots {
        if try check(H5Tequal(type, chdf5_object_reference()), operation) > 0 { return .object }
        if try check(H5Tequal(type, chdf5_region_reference()), operation) > 0 { return .region }
        throw HDF5Error(.unsupported, "\(operation) failed: there are references of a kind that is not known")
    }

    private static func compound(_ type: hid_t, _ operation: String) throws(HDF5Error) -> ReferenceSlots {
        var found: [(offset: Int, slots: ReferenceSlots)] = []
        for index in 0..<UInt32(try check(H5Tget_nmembers(type), operation)) {
            let member = try Handle(H5Tget_member_type(type, index), .datatype, operation)
            let slots = try ReferenceSlots(member.id, operation)
            if !slots.isNone { found.append((H5Tget_member_offset(type, index), slots)) }
        }
        return found.isEmpty ? .none : .members(found)
    }

    private var isNone: Bool {
        if case .none = self { true } else { false }
    }

    /// Calls `visit` with each reference of an element, and whether it is one to a region.
    func forEach(
        in place: UnsafeMutableRawPointer,
        _ visit: (UnsafeMutableRawPointer, Bool) throws(HDF5Error) -> Void
    ) throws(HDF5Error) {
        switch self {
        case .none: break
        case .object: try visit(place, false)
        case .region: try visit(place, true)
        case .members(let members):
            for (offset, slots) in members { try slots.forEach(in: place + offset, visit) }
        case .elements(let count, let size, let slots):
            for index in 0..<count { try slots.forEach(in: place + index * size, visit) }
        case .sequence(let size, let slots):
            let sequence = place.loadUnaligned(as: hvl_t.self)
            guard let start = sequence.p else { return }
            for index in 0..<sequence.len { try slots.forEach(in: start + index * size, visit) }
        }
    }
}
