internal import CHDF5
package import H5Model

extension File {
    /// Makes a link, and the groups on the way to it.
    ///
    /// The corresponding C functions are `H5Olink`, `H5Lcreate_soft` and `H5Lcreate_external`.
    package func createLink(at path: ObjectPath, _ target: LinkTarget) throws(HDF5Error) {
        do throws(ServiceError) {
            try target.check()
        } catch {
            throw HDF5Error(error)
        }
        let place = try newLink(at: path)
        switch target {
        case .hard(let target):
            let object = try self.target(at: target)
            try make(place) { group, name, creation in
                H5Olink(object.handle.id, group, name, creation, library.linkAccess.id)
            }
        case .soft(let target):
            let target = try cString(target)
            try make(place) { group, name, creation in
                H5Lcreate_soft(target, group, name, creation, library.linkAccess.id)
            }
        case .external(let file, let target):
            let (file, target) = (try cString(file), try cString(target))
            try make(place) { group, name, creation in
                H5Lcreate_external(file, target, group, name, creation, library.linkAccess.id)
            }
        }
    }

    /// Makes a hard link to an open object, and the groups on the way to it. The corresponding C function is `H5Olink`.
    package func createLink(at path: ObjectPath, to object: borrowing Object) throws(HDF5Error) {
        try link(object, from: try newLink(at: path))
    }

    private func link(_ object: borrowing Object, from place: consuming NewLink) throws(HDF5Error) {
        try make(place) { group, name, creation in
            H5Olink(object.handle.id, group, name, creation, library.linkAccess.id)
        }
    }

    private func make(
        _ place: consuming NewLink, _ link: (hid_t, [CChar], hid_t) -> herr_t
    ) throws(HDF5Error) {
        let (name, path) = (place.name, place.path)
        let group = try place.prepare()
        let creation = try linkCreation(name)
        if link(group.handle.id, try cString(name.bytes), creation.id) < 0 {
            throw HDF5Error.refused("making the link \(path)")
        }
    }

    /// Removes the link at `path`; an object goes with its last one. The corresponding C function is `H5Ldelete`.
    /// - Parameter kind: What the link must lead to; nil for anything or nothing.
    package func unlink(_ path: ObjectPath, kind: ObjectKind?) throws(HDF5Error) {
        if path.isRoot { throw HDF5Error(.invalid, "the root group / cannot be removed") }
        let link = try existingLink(at: path)
        if let kind { try expect(kind, at: path) }
        let status = H5Ldelete(link.group.handle.id, try cString(link.name.bytes), library.linkAccess.id)
        try check(status, "removing \(path)")
    }

    /// Moves the link at `path`, whatever it leads to; groups on the way to the new place are made.
    ///
    /// The corresponding C function is `H5Lmove`.
    package func move(_ path: ObjectPath, to newPath: ObjectPath) throws(HDF5Error) {
        if path.isRoot { throw HDF5Error(.invalid, "the root group / cannot be moved") }
        let link = try existingLink(at: path)
        if newPath.names.count > path.names.count, newPath.names.starts(with: path.names) {
            throw HDF5Error(.invalid, "\(path) cannot be moved into itself, to \(newPath)")
        }
        let place = try self.place(at: newPath)
        let newName = place.name
        let moved = ExistingLink(group: try place.prepare(), name: newName)
        try move(link, to: moved)
        // Soft links may have led into what was moved, to which nothing leads now.
        guard try hasLink(at: newPath) else {
            try move(moved, to: link)
            throw HDF5Error(.invalid, "\(path) cannot be moved into itself, which is where \(newPath.parent) leads")
        }
    }

    private func move(_ link: borrowing ExistingLink, to place: borrowing ExistingLink) throws(HDF5Error) {
        let creation = try linkCreation(place.name)
        let status = H5Lmove(
            link.group.handle.id, try cString(link.name.bytes), place.group.handle.id, try cString(place.name.bytes),
            creation.id, library.linkAccess.id)
        if status < 0 { throw HDF5Error.refused("moving \(link.group.path.appending(link.name))") }
    }

    private struct ExistingLink: ~Copyable {
        let group: Object
        let name: HDF5Name
    }

    private func existingLink(at path: ObjectPath) throws(HDF5Error) -> ExistingLink {
        let group = try holder(of: path)
        guard let name = path.lastName, name != ".", try group.hasLink(name, library.linkAccess.id) else {
            throw HDF5Error(.missing, "no link at \(path)")
        }
        return ExistingLink(group: group, name: name)
    }

    private func target(at path: ObjectPath) throws(HDF5Error) -> Object {
        do throws(HDF5Error) {
            return try object(at: path)
        } catch {
            throw error.staying("a hard link leads to an object of its own file")
        }
    }

    private func place(at newPath: ObjectPath) throws(HDF5Error) -> NewLink {
        do throws(HDF5Error) {
            return try newLink(at: newPath)
        } catch {
            throw error.staying("a link is moved inside its own file")
        }
    }

    /// Whoever removes an object means that of this file: an external link has its own way to go.
    private func expect(_ kind: ObjectKind, at path: ObjectPath) throws(HDF5Error) {
        do throws(HDF5Error) {
            try object(at: path).expect(kind)
        } catch {
            if error.elsewhere == nil { throw error }
            throw HDF5Error(.wrongKind, "\(error.message), and no \(kind.rawValue): it is removed as a link")
        }
    }

    private func hasLink(at path: ObjectPath) throws(HDF5Error) -> Bool {
        let id = H5Oopen(handle.id, try cString(path.parent.bytes), library.linkAccess.id)
        guard id >= 0 else { return false }
        let group = try Object(id, at: path.parent)
        guard group.kind == .group, let name = path.lastName else { return false }
        return try group.hasLink(name, library.linkAccess.id)
    }
}
