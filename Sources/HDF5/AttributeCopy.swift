internal import CHDF5
internal import H5Model

/// Gives the objects of a copy the attributes that libhdf5 has left behind.
struct AttributeCopy {
    /// Whether the copy is in the file of the original.
    let isInSameFile: Bool
    /// Whether only a group's own members have been copied.
    let isShallow: Bool
    let links: hid_t
    private var seen: Set<ObjectIdentity> = []

    init(isInSameFile: Bool, isShallow: Bool, _ links: hid_t) {
        self.isInSameFile = isInSameFile
        self.isShallow = isShallow
        self.links = links
    }

    /// Copies the attributes of an object, and of those below it.
    mutating func copy(_ old: borrowing Object, to new: borrowing Object) throws(HDF5Error) {
        try copy(old, to: new, withMembers: true)
    }

    private mutating func copy(
        _ old: borrowing Object, to new: borrowing Object, withMembers: Bool
    ) throws(HDF5Error) {
        guard seen.insert(ObjectIdentity(try old.facts())).inserted else { return }
        for name in try old.attributeNames() { try copy(try cString(name.bytes), of: old, to: new) }
        guard old.kind == .group, withMembers else { return }
        for entry in try old.links(after: nil, limit: .max, links).entries where entry.type == H5L_TYPE_HARD {
            let name = HDF5Name(bytes: entry.bytes)
            // A copy inside the original is no part of itself.
            guard try new.hasLink(name, links) else { continue }
            let member = try old.member(entry.name, named: name, links)
            try copy(member, to: try new.member(entry.name, named: name, links), withMembers: !isShallow)
        }
    }

    private func copy(_ name: [CChar], of old: borrowing Object, to new: borrowing Object) throws(HDF5Error) {
        let operation = "copying the attributes of \(old.path)"
        let from = try Handle(H5Aopen(old.handle.id, name, 0), .attribute, operation)
        let type = try Handle(H5Aget_type(from.id), .datatype, operation)
        // What is committed stays behind: libhdf5's copies have datatypes of their own too, which no path leads to.
        let own = try Handle(H5Tcopy(type.id), .datatype, operation)
        let space = try Handle(H5Aget_space(from.id), .dataspace, operation)
        let creation = try Handle(H5Aget_create_plist(from.id), .propertyList, operation)
        let id = H5Acreate2(new.handle.id, name, own.id, space.id, creation.id, 0)
        if id < 0 { throw HDF5Error.refused(operation) }
        let to = try Handle(id, .attribute, operation)
        let count = Int(try check(H5Sget_simple_extent_npoints(space.id), operation))
        guard count > 0 else { return }
        let size = H5Tget_size(own.id)
        let elements = UnsafeMutableRawPointer.allocate(byteCount: count * size, alignment: 16)
        defer { elements.deallocate() }
        elements.initializeMemory(as: UInt8.self, repeating: 0, count: count * size)
        try check(H5Aread(from.id, own.id, elements), operation)
        defer { _ = chdf5_reclaim(own.id, space.id, elements) }
        // As in what libhdf5 copies: references become null, and in the same file only where an element is nothing else.
        if !isInSameFile || H5Tget_class(own.id) == H5T_REFERENCE {
            try clearReferences(in: elements, count, own.id, operation)
        }
        if H5Awrite(to.id, own.id, elements) < 0 { throw HDF5Error.refused(operation) }
    }

    private func clearReferences(
        in elements: UnsafeMutableRawPointer, _ count: Int, _ type: hid_t, _ operation: String
    ) throws(HDF5Error) {
        let slots = try ReferenceSlots(type, operation)
        for index in 0..<count {
            try slots.forEach(in: elements + index * H5Tget_size(type)) { (place, isRegion) throws(HDF5Error) in
                let size = isRegion ? MemoryLayout<hdset_reg_ref_t>.size : MemoryLayout<hobj_ref_t>.size
                place.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            }
        }
    }
}

extension Object {
    fileprivate func member(_ name: [CChar], named text: HDF5Name, _ links: hid_t) throws(HDF5Error) -> Object {
        let path = path.appending(text)
        let id = H5Oopen(handle.id, name, links)
        if id < 0 { throw HDF5Error.latest("opening \(path)") }
        return try Object(id, at: path)
    }
}
