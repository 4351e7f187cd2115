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
    /// Where the copies of committed datatypes are.
    private var datatypes: [ObjectIdentity: ObjectPath] = [:]

    init(isInSameFile: Bool, isShallow: Bool, _ links: hid_t) {
        self.isInSameFile = isInSameFile
        self.isShallow = isShallow
        self.links = links
    }

    /// Copies the attributes of an object, and of those below it.
    mutating func copy(_ old: borrowing Object, to new: borrowing Object) throws(HDF5Error) {
        try noteDatatypes(old, new, withMembers: true)
        seen = []
        try copy(old, to: new, withMembers: true)
    }

    private mutating func noteDatatypes(
        _ old: borrowing Object, _ new: borrowing Object, withMembers: Bool
    ) throws(HDF5Error) {
        let identity = ObjectIdentity(try old.facts())
        guard seen.insert(identity).inserted else { return }
        if old.kind == .datatype { datatypes[identity] = new.path }
        guard old.kind == .group, withMembers else { return }
        try forEachMember(of: old, and: new, links) { old, new throws(HDF5Error) in
            try noteDatatypes(old, new, withMembers: !isShallow)
        }
    }

    private mutating func copy(
        _ old: borrowing Object, to new: borrowing Object, withMembers: Bool
    ) throws(HDF5Error) {
        guard seen.insert(ObjectIdentity(try old.facts())).inserted else { return }
        for name in try old.attributeNames() { try copy(try cString(name.bytes), of: old, to: new) }
        guard old.kind == .group, withMembers else { return }
        try forEachMember(of: old, and: new, links) { old, new throws(HDF5Error) in
            try copy(old, to: new, withMembers: !isShallow)
        }
    }

    /// The copy of a committed datatype where there is one that a path leads to; else the type as one of its own.
    private func copied(_ type: borrowing Handle, in new: borrowing Object, _ operation: String) throws(HDF5Error)
        -> Handle
    {
        var facts = chdf5_object_info()
        if try check(H5Tcommitted(type.id), operation) > 0 {
            try check(chdf5_object(type.id, &facts), operation)
            if let path = datatypes[ObjectIdentity(facts)] {
                return try Handle(H5Topen2(new.handle.id, try cString(path.bytes), 0), .datatype, operation)
            }
        }
        return try Handle(H5Tcopy(type.id), .datatype, operation)
    }

    private func copy(_ name: [CChar], of old: borrowing Object, to new: borrowing Object) throws(HDF5Error) {
        let operation = "copying the attributes of \(old.path)"
        let from = try Handle(H5Aopen(old.handle.id, name, 0), .attribute, operation)
        let type = try Handle(H5Aget_type(from.id), .datatype, operation)
        let stored = try copied(type, in: new, operation)
        let own = try Handle(H5Tcopy(type.id), .datatype, operation)
        let space = try Handle(H5Aget_space(from.id), .dataspace, operation)
        let creation = try Handle(H5Aget_create_plist(from.id), .propertyList, operation)
        let id = H5Acreate2(new.handle.id, name, stored.id, space.id, creation.id, 0)
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

/// Visits each member of a group that its copy has too, but not what a copy inside the original is of itself.
private func forEachMember(
    of old: borrowing Object, and new: borrowing Object, _ links: hid_t,
    _ visit: (borrowing Object, borrowing Object) throws(HDF5Error) -> Void
) throws(HDF5Error) {
    for entry in try old.links(after: nil, limit: .max, links).entries where entry.type == H5L_TYPE_HARD {
        let name = HDF5Name(bytes: entry.bytes)
        guard try new.hasLink(name, links) else { continue }
        try visit(try old.member(entry.name, named: name, links), try new.member(entry.name, named: name, links))
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
