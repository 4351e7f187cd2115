internal import CHDF5
internal import H5Model

/// The place of a link that is not there yet: what is found of the way to it, and what must be made.
struct NewLink: ~Copyable {
    /// The last group on the way that is there.
    let group: Object
    /// The groups on the way that are not.
    let missing: ArraySlice<HDF5Name>
    let name: HDF5Name
    let path: ObjectPath

    /// The group that will hold the link; those that are missing are made.
    consuming func prepare() throws(HDF5Error) -> Object {
        var group = group
        if missing.isEmpty { return group }
        // As libhdf5 does it: links are ordered as in the group above, attributes never.
        let tracksLinks = try group.tracksCreationOrder()
        let creation = try groupCreation(tracksLinks: tracksLinks, tracksAttributes: false)
        for name in missing {
            let place = group.path.appending(name)
            let links = try linkCreation(name)
            let id = H5Gcreate2(group.handle.id, try cString(name.bytes), links.id, creation.id, 0)
            if id < 0 { throw HDF5Error.refused("making the group \(place)") }
            group = try Object(id, at: place)
        }
        return group
    }
}

extension File {
    /// The place of a new link at `path`; nothing is changed.
    /// - Throws: `exists`; `invalid` for a name that no link can have; what keeps the way from being followed.
    func newLink(at path: ObjectPath) throws(HDF5Error) -> NewLink {
        do throws(ServiceError) {
            try path.checkNewLink()
        } catch {
            throw HDF5Error(error)
        }
        guard let name = path.lastName else { throw HDF5Error(.exists, "/ exists already: it is the root group") }
        let links = library.linkAccess.id
        let id = H5Oopen(handle.id, try cString(path.parent.bytes), links)
        if id < 0 { return try newLinkBelowMissing(at: path, name) }
        let group = try Object(id, at: path.parent)
        try group.expect(.group)
        if try group.hasLink(name, links) { throw HDF5Error(.exists, "\(path) exists already") }
        return NewLink(group: group, missing: [], name: name, path: path)
    }

    /// The place of a new link whose group does not open, because it is not there yet or for a reason that is thrown.
    private func newLinkBelowMissing(at path: ObjectPath, _ name: HDF5Name) throws(HDF5Error) -> NewLink {
        let way = path.parent.names
        var group = try group(at: .root)
        for (depth, next) in way.enumerated() {
            if !(try group.hasLink(next, library.linkAccess.id)) {
                return NewLink(group: group, missing: way[depth...], name: name, path: path)
            }
            do throws(HDF5Error) {
                group = try self.group(at: group.path.appending(next))
            } catch {
                throw error.followed(by: way[(depth + 1)...] + [name])
            }
        }
        return NewLink(group: group, missing: [], name: name, path: path)
    }
}

/// The property list of a new link. The corresponding C function is `H5Pset_char_encoding`.
func linkCreation(_ name: HDF5Name) throws(HDF5Error) -> Handle {
    let list = try Handle(H5Pcreate(chdf5_class_link_creation()), .propertyList, "preparing a link")
    try check(H5Pset_char_encoding(list.id, name.characterSet), "preparing a link")
    return list
}

extension HDF5Name {
    /// What is said of the name's bytes: ASCII also of those that are no text at all.
    var characterSet: H5T_cset_t {
        bytes.allSatisfy { $0 < 0x80 } || text == nil ? H5T_CSET_ASCII : H5T_CSET_UTF8
    }
}
