internal import CHDF5
internal import H5Model

/// Looks for what libhdf5 1.10.8 does not copy as it should, in an object and everything that its copy takes along.
struct CopyInspection {
    /// Whether an object keeps attributes of a variable length beside its header: libhdf5 crashes when it copies them.
    private(set) var hasDenseText = false
    /// Whether there are committed datatypes whose headers have the old format and are short, and any with the newer one.
    private(set) var datatypes = (short: false, new: false)
    private let options: CopyOptions
    private let links: hid_t
    private var seen: Set<ObjectIdentity> = []

    /// The classes of datatypes that are described in eight bytes.
    private static let shortClasses = [H5T_STRING, H5T_REFERENCE, H5T_OPAQUE]
    /// The bytes of an address.
    private static let addressSize = 8

    /// - Throws: `unsupported` for what would become damaged.
    init(_ object: borrowing Object, _ options: CopyOptions, _ links: hid_t) throws(HDF5Error) {
        self.options = options
        self.links = links
        try inspect(object, withMembers: true)
        // References can lead anywhere in the file.
        if options.expandsReferences {
            let root = ObjectPath.root
            try inspect(
                try Object(H5Oopen(object.handle.id, try cString(root.bytes), links), at: root), withMembers: true)
        }
    }

    private mutating func inspect(_ object: borrowing Object, withMembers: Bool) throws(HDF5Error) {
        let facts = try object.facts()
        guard seen.insert(ObjectIdentity(facts)).inserted else { return }
        if !options.leavesAttributes, facts.attribute_count > 0 { try inspectAttributes(of: object) }
        switch object.kind {
        case .group: break
        case .dataset:
            let operation = "reading \(object.path)"
            let type = try Handle(H5Dget_type(object.handle.id), .datatype, operation)
            try note(type)
            try refuseRegions(type, try Handle(H5Dget_space(object.handle.id), .dataspace, operation), object.path)
        case .datatype: try note(object.handle)
        }
        guard object.kind == .group, withMembers else { return }
        for entry in try object.links(after: nil, limit: .max, links).entries {
            guard let member = try member(entry, of: object) else { continue }
            try inspect(member, withMembers: !options.isShallow || options.expandsReferences)
        }
    }

    private mutating func inspectAttributes(of object: borrowing Object) throws(HDF5Error) {
        let operation = "reading the attributes of \(object.path)"
        let isDense = try check(chdf5_has_dense_attributes(object.handle.id), operation) > 0
        for name in try object.attributeNames() {
            let attribute = try Handle(H5Aopen(object.handle.id, try cString(name.bytes), 0), .attribute, operation)
            let type = try Handle(H5Aget_type(attribute.id), .datatype, operation)
            try note(type)
            try refuseRegions(type, try Handle(H5Aget_space(attribute.id), .dataspace, operation), object.path)
            if isDense, try datatype(type.id, of: object.path).hasVariableLength { hasDenseText = true }
        }
    }

    /// A committed datatype is copied with what is made of it.
    private mutating func note(_ type: borrowing Handle) throws(HDF5Error) {
        let operation = "reading a datatype that is to be copied"
        guard try check(H5Tcommitted(type.id), operation) > 0 else { return }
        if try check(chdf5_header_version(type.id), operation) > 1 {
            datatypes.new = true
        } else if Self.shortClasses.contains(H5Tget_class(type.id)) {
            datatypes.short = true
        }
    }

    /// libhdf5 1.10.8 frees memory twice where it expands region references of which one is null behind another.
    private func refuseRegions(
        _ type: borrowing Handle, _ space: borrowing Handle, _ path: ObjectPath
    ) throws(HDF5Error) {
        guard options.expandsReferences, H5Tget_class(type.id) == H5T_REFERENCE,
            try check(H5Tequal(type.id, chdf5_region_reference()), "reading \(path)") > 0,
            H5Sget_simple_extent_npoints(space.id) > 1
        else { return }
        throw HDF5Error(.unsupported, "\(path) has several region references, which libhdf5 cannot expand in a copy")
    }

    /// What stands in the place of a link in the copy; nil for a link that is copied as it is.
    private func member(_ entry: LinkEntry, of group: borrowing Object) throws(HDF5Error) -> Object? {
        let access: hid_t
        switch entry.type {
        case H5L_TYPE_HARD: access = links
        case H5L_TYPE_SOFT where options.expandsSoftLinks: access = links
        case H5L_TYPE_EXTERNAL where options.expandsExternalLinks: access = 0
        default: return nil
        }
        let path = group.path.appending(HDF5Name(bytes: entry.bytes))
        // What leads nowhere is copied as a link, but not where something on its way is missing.
        let isThere = H5Oexists_by_name(group.handle.id, entry.name, access)
        if isThere < 0, entry.type == H5L_TYPE_SOFT {
            throw HDF5Error(
                .unsupported, "the soft link \(path) leads to a place below nothing, where libhdf5 expands no links")
        }
        if isThere <= 0 { return nil }
        let id = H5Oopen(group.handle.id, entry.name, access)
        let member = try Object(id, at: path)
        if entry.type == H5L_TYPE_SOFT, try isTooShort(entry, in: group) {
            throw HDF5Error(
                .unsupported,
                "the soft link \(path) is too short for libhdf5 to put what it leads to in its place in a copy")
        }
        return member
    }

    /// Whether a hard link takes more of a group's header than the soft link: libhdf5, up to 2.0 at least, writes it over
    /// what comes next. Messages are multiples of eight bytes in headers of the old format.
    private func isTooShort(_ entry: LinkEntry, in group: borrowing Object) throws(HDF5Error) -> Bool {
        let operation = "reading \(group.path)"
        guard try check(chdf5_has_compact_links(group.handle.id), operation) > 0 else { return false }
        var info = chdf5_link_info()
        try check(chdf5_link(group.handle.id, entry.name, &info, links), operation)
        let lengthSize = entry.bytes.count > 0xffff ? 4 : entry.bytes.count > 0xff ? 2 : 1
        let common =
            2 + lengthSize + entry.bytes.count + (info.corder_valid ? 8 : 0) + (info.cset == H5T_CSET_ASCII ? 0 : 1)
        // The kind, and the target with its length instead of its NUL.
        let soft = common + 1 + 2 + entry.valueSize - 1
        let isOld = try check(chdf5_header_version(group.handle.id), operation) == 1
        return (isOld ? (soft + 7) / 8 * 8 : soft) < common + Self.addressSize
    }
}
