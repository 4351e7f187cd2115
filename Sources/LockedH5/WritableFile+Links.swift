public import H5Model
internal import HDF5

extension WritableFile {
    /// Makes a link, and the groups on the way to it.
    /// - Throws: As `createGroup`; `not_found` too where a hard link's target is not there; `invalid` or `too_large` for a
    ///   target that no link can hold.
    public func createLink(at path: ObjectPath, _ target: LinkTarget) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in try contents.file.createLink(at: path, target) }
    }

    /// Removes the link at `path`; an object goes with the last link that leads to it.
    /// - Parameter kind: What the link must lead to; nil for anything or nothing.
    /// - Throws: `not_found`; `wrong_kind`; `invalid` for the root group; `damaged`.
    public func unlink(_ path: ObjectPath, kind: ObjectKind? = nil) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in try contents.file.unlink(path, kind: kind) }
    }

    /// Moves the link at `path`, whatever it leads to, and makes the groups on the way to its new place.
    /// - Throws: `not_found`; `exists` for the new place; `invalid` for the root group, and for a group that would come to lie
    ///   below itself; otherwise as `createGroup`.
    public func move(_ path: ObjectPath, to newPath: ObjectPath) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in try contents.file.move(path, to: newPath) }
    }
}
