public import H5Model
public import H5Elements
internal import HDF5

/// A group inside a writing scope; a file is its root group.
public protocol GroupWriting: GroupReading, ObjectWriting, ~Copyable, ~Escapable {}

extension GroupWriting where Self: ~Copyable & ~Escapable {
    /// Opens a group.
    /// - Throws: `not_found`; `wrong_kind` for what is no group; `damaged`.
    @_lifetime(copy self)
    public func group(_ path: some PathConvertible) throws(ServiceError) -> WritableGroup {
        _overrideLifetime(WritableGroup(try openGroup(path), scope), copying: self)
    }

    /// Opens a dataset.
    /// - Throws: `not_found`; `wrong_kind` for what is no dataset; `unsupported`; `damaged`.
    @_lifetime(copy self)
    public func dataset(_ path: some PathConvertible) throws(ServiceError) -> WritableDataset {
        _overrideLifetime(WritableDataset(try openDataset(path), scope), copying: self)
    }

    /// Opens a committed datatype.
    /// - Throws: `not_found`; `wrong_kind` for what is no datatype; `damaged`.
    @_lifetime(copy self)
    public func datatype(_ path: some PathConvertible) throws(ServiceError) -> WritableDatatype {
        let (handle, type) = try openDatatype(path)
        return _overrideLifetime(WritableDatatype(handle, type, scope), copying: self)
    }

    /// Opens the dataset to which a reference leads.
    /// - Throws: As `dataset` of a path.
    @_lifetime(copy self)
    public func dataset(_ reference: Reference) throws(ServiceError) -> WritableDataset {
        try dataset(try target(reference))
    }

    /// Makes a group, and the groups on the way to it.
    /// - Parameter tracksCreationOrder: Whether it keeps the order in which its members and attributes are made.
    /// - Throws: `exists`; `wrong_kind` where something that is no group is in the way; `invalid` for a name that no link can
    ///   have; `out_of_space`; `damaged`.
    @discardableResult
    @_lifetime(copy self)
    public func createGroup(
        _ path: some PathConvertible, tracksCreationOrder: Bool = false
    ) throws(ServiceError) -> WritableGroup {
        let place = absolute(path)
        try scope.run { file throws(HDF5Error) in
            try file.createGroup(at: place, tracksCreationOrder: tracksCreationOrder)
        }
        return try group(place)
    }

    /// Opens a group, or makes it where there is nothing.
    /// - Throws: As `createGroup`, but for `exists`; `wrong_kind` for what is no group.
    @discardableResult
    @_lifetime(copy self)
    public func requireGroup(
        _ path: some PathConvertible, tracksCreationOrder: Bool = false
    ) throws(ServiceError) -> WritableGroup {
        if try contains(path) { return try group(path) }
        return try createGroup(path, tracksCreationOrder: tracksCreationOrder)
    }

    /// Commits a datatype, of which datasets and attributes can be made, and makes the groups on the way to it.
    /// - Throws: As `createGroup`; `invalid`, `unsupported` or `too_large` for a datatype that cannot be stored.
    @discardableResult
    @_lifetime(copy self)
    public func commit(_ type: Datatype, at path: some PathConvertible) throws(ServiceError) -> WritableDatatype {
        let place = absolute(path)
        try scope.run { file throws(HDF5Error) in try file.commit(type, at: place) }
        return try datatype(place)
    }

    /// Makes a link, and the groups on the way to it.
    /// - Throws: As `createGroup`; `not_found` too where a hard link's target is not there.
    public func link(_ path: some PathConvertible, to target: LinkTarget) throws(ServiceError) {
        let path = absolute(path)
        try scope.run { file throws(HDF5Error) in try file.createLink(at: path, target) }
    }

    /// Makes a hard link to an object of the scope, and the groups on the way to it.
    /// - Throws: As `createGroup`.
    public func link<Linked: ObjectWriting & ~Copyable & ~Escapable>(
        _ path: some PathConvertible, to object: borrowing Linked
    ) throws(ServiceError) {
        let path = absolute(path)
        let handle = try object.handle
        try scope.run { file throws(HDF5Error) in try file.createLink(at: path, to: handle.object) }
    }

    /// Removes the link; an object goes with the last link that leads to it.
    /// - Throws: `not_found`; `invalid` for the root group; `damaged`.
    public func remove(_ path: some PathConvertible) throws(ServiceError) {
        let path = absolute(path)
        try scope.run { file throws(HDF5Error) in try file.unlink(path, kind: nil) }
    }

    /// Moves the link, whatever it leads to, and makes the groups on the way to its new place.
    /// - Throws: `not_found`; `exists` for the new place; `invalid` for the root group, and for a group that would come to lie
    ///   below itself; otherwise as `createGroup`.
    public func move(_ path: some PathConvertible, to newPath: some PathConvertible) throws(ServiceError) {
        let (path, newPath) = (absolute(path), absolute(newPath))
        try scope.run { file throws(HDF5Error) in try file.move(path, to: newPath) }
    }

    /// Removes all members.
    /// - Throws: `damaged`.
    public func clear() throws(ServiceError) {
        for name in try keys { try remove(name) }
    }
}
