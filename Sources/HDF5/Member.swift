internal import CHDF5
package import H5Model

extension File {
    /// A page of the members of the group at `path`, in the order of creation where the group tracks it, else by name.
    ///
    /// - Parameter after: The member after which to begin. By name it need not be there any more; by creation it must.
    package func members(of path: ObjectPath, after: HDF5Name?, limit: Int) throws(HDF5Error) -> Page<Member> {
        let group = try group(at: path)
        let links = library.linkAccess.id
        let page = try group.links(after: after, limit: limit, links)
        var members: [Member] = []
        members.reserveCapacity(page.entries.count)
        for entry in page.entries {
            let link = try group.link(entry.name, entry.type, entry.valueSize, links)
            let name = HDF5Name(bytes: entry.bytes)
            members.append(Member(name: name, link: link, object: try object(of: entry, named: name, link, in: group)))
        }
        return Page(elements: members, hasMore: page.hasMore)
    }

    private func object(
        of entry: LinkEntry, named name: HDF5Name, _ link: Link, in group: borrowing Object
    ) throws(HDF5Error) -> MemberObject? {
        switch link {
        case .hard:
            return try memberObject(entry.name, named: name, in: group)
        case .soft:
            do throws(HDF5Error) {
                return try memberObject(entry.name, named: name, in: group)
            } catch {
                let place = group.path.appending(name)
                let diagnosis = PathDiagnosis(
                    file: handle.id, links: library.linkAccess.id, wanted: place, failure: error)
                let reason = diagnosis.reason()
                if reason.cause == .missing || reason.cause == .unsupported { return nil }
                throw reason
            }
        case .external, .userDefined:
            return nil
        }
    }

    /// What the link `text` of `group` leads to.
    ///
    /// A dataset whose header this libhdf5 cannot decode is told of by its kind alone.
    func memberObject(
        _ text: [CChar], named name: HDF5Name, in group: borrowing Object
    ) throws(HDF5Error) -> MemberObject {
        let links = library.linkAccess.id
        let id = H5Oopen(group.handle.id, text, links)
        if id >= 0 { return try memberObject(of: Object(id, at: group.path.appending(name))) }
        let failure = HDF5Error.latest("opening \(group.path.appending(name))")
        var facts = chdf5_object_info()
        guard chdf5_object_by_name(group.handle.id, text, &facts, links) >= 0, let kind = ObjectKind(facts.type) else {
            throw failure
        }
        return MemberObject(kind: kind)
    }

    /// What a listing tells of an open object.
    func memberObject(of object: consuming Object) throws(HDF5Error) -> MemberObject {
        guard object.kind == .dataset else { return MemberObject(kind: object.kind) }
        let path = object.path
        let type = try Handle(H5Dget_type(object.handle.id), .datatype, "reading the datatype of \(path)")
        let id = access.withoutOthers { H5Dget_space(object.handle.id) }
        let space = try Handle(id, .dataspace, "reading the shape of \(path)")
        // The shape of a virtual dataset may depend on other files, which a listing does not open; then it is not known.
        let isKnown = access.takeFailure() == nil
        return MemberObject(
            kind: .dataset, dataspace: isKnown ? try dataspace(space.id, of: path) : nil,
            datatype: try datatype(type.id, of: path))
    }
}
