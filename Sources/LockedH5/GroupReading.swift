public import H5Model
public import H5Elements
internal import HDF5

/// A group inside a scope; a file is its root group.
///
/// Paths are relative to the group, unless they begin with `/`.
public protocol GroupReading: ObjectReading, ~Copyable, ~Escapable {}

extension GroupReading where Self: ~Copyable & ~Escapable {
    /// Opens a group.
    /// - Throws: `not_found`; `wrong_kind` for what is no group; `damaged`.
    @_lifetime(copy self)
    public func group(_ path: some PathConvertible) throws(ServiceError) -> ReadableGroup {
        _overrideLifetime(ReadableGroup(try openGroup(path), scope), copying: self)
    }

    /// Opens a dataset.
    /// - Throws: `not_found`; `wrong_kind` for what is no dataset; `unsupported`; `damaged`.
    @_lifetime(copy self)
    public func dataset(_ path: some PathConvertible) throws(ServiceError) -> ReadableDataset {
        _overrideLifetime(ReadableDataset(try openDataset(path), scope), copying: self)
    }

    /// Opens a committed datatype.
    /// - Throws: `not_found`; `wrong_kind` for what is no datatype; `damaged`.
    @_lifetime(copy self)
    public func datatype(_ path: some PathConvertible) throws(ServiceError) -> ReadableDatatype {
        let (handle, type) = try openDatatype(path)
        return _overrideLifetime(ReadableDatatype(handle, type, scope), copying: self)
    }

    /// Opens the dataset to which a reference leads.
    /// - Throws: As `dataset` of a path.
    @_lifetime(copy self)
    public func dataset(_ reference: Reference) throws(ServiceError) -> ReadableDataset {
        _overrideLifetime(ReadableDataset(try openDataset(try target(reference)), scope), copying: self)
    }

    /// Opens the group to which a reference leads.
    /// - Throws: As `group` of a path.
    @_lifetime(copy self)
    public func group(_ reference: Reference) throws(ServiceError) -> ReadableGroup {
        _overrideLifetime(ReadableGroup(try openGroup(try target(reference)), scope), copying: self)
    }
}

// MARK: - Members

extension GroupReading where Self: ~Copyable & ~Escapable {
    /// The members' names, those of links that lead nowhere too: in the order of creation where the group tracks it, else by
    /// name.
    /// - Throws: `damaged`.
    public var keys: [HDF5Name] {
        get throws(ServiceError) { try items.map(\.name) }
    }

    /// The members: their names, their links, and what these lead to.
    /// - Throws: `damaged`.
    public var items: [Member] {
        get throws(ServiceError) {
            let path = groupPath
            return try scope.run { file throws(HDF5Error) in
                try file.members(of: path, after: nil, limit: .max).elements
            }
        }
    }

    /// What the members are, for those whose link leads to an object of the file.
    /// - Throws: `damaged`.
    public var values: [MemberObject] {
        get throws(ServiceError) { try items.compactMap(\.object) }
    }

    /// The number of members.
    /// - Throws: `damaged`.
    public var count: Int {
        get throws(ServiceError) {
            let path = groupPath
            return try scope.run { file throws(HDF5Error) in try file.object(at: path).groupInfo().memberCount }
        }
    }

    /// Whether the path leads to an object; a soft link that leads nowhere does not.
    /// - Throws: `damaged`; `unsupported` where an external link is in the way.
    public func contains(_ path: some PathConvertible) throws(ServiceError) -> Bool {
        try kind(path) != nil
    }

    /// The kind of the object to which the path leads; nil where there is none.
    /// - Throws: As `contains`.
    public func kind(_ path: some PathConvertible) throws(ServiceError) -> ObjectKind? {
        let path = absolute(path)
        do throws(ServiceError) {
            return try scope.run { file throws(HDF5Error) in try file.kind(at: path) }
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// The link itself, whatever it leads to.
    /// - Throws: `not_found`; `invalid` for the root group.
    public func link(_ path: some PathConvertible) throws(ServiceError) -> Link {
        let path = absolute(path)
        return try scope.run { file throws(HDF5Error) in try file.link(at: path) }
    }

    /// Visits each object below the group once, a group before its members, until `visit` gives a result.
    ///
    /// Only hard links are followed; an object to which several lead is visited under the first of them.
    ///
    /// - Parameter visit: Gets the path from the group on, and what the object is.
    /// - Returns: The result; nil where all objects were visited.
    /// - Throws: `damaged`; and what `visit` throws.
    public func visitItems<R>(
        _ visit: (String, MemberObject) throws(ServiceError) -> R?
    ) throws(ServiceError) -> R? {
        let start = groupPath
        var walk = try scope.run { file throws(HDF5Error) in
            try TreeWalk(from: start, in: file, maximumDepth: nil)
        }
        while let found = try scope.run({ file throws(HDF5Error) in try walk.next(in: file) }) {
            let name = String(found.path.description.dropFirst())
            if let result = try visit(name, found.object) { return result }
        }
        return nil
    }

    /// Gets the path of each object below the group once, and what the object is.
    /// - Throws: As `visitItems`.
    public func forEachObject(_ body: (String, MemberObject) throws(ServiceError) -> Void) throws(ServiceError) {
        let _: Never? = try visitItems { name, object throws(ServiceError) in
            try body(name, object)
            return nil
        }
    }

    /// Visits the path of each object below the group once.
    /// - Returns: As `visitItems`.
    /// - Throws: As `visitItems`.
    public func visit<R>(_ visit: (String) throws(ServiceError) -> R?) throws(ServiceError) -> R? {
        try visitItems { name, _ throws(ServiceError) in try visit(name) }
    }
}

// MARK: - Opening

extension GroupReading where Self: ~Copyable & ~Escapable {
    /// The group's own path; no anonymous group is made.
    var groupPath: ObjectPath { path ?? .root }

    /// The path to which a reference leads.
    func target(_ reference: Reference) throws(ServiceError) -> ObjectPath {
        if let path = reference.path { return path }
        throw ServiceError(.notFound, "the reference leads to no object that has a path")
    }

    func absolute(_ path: some PathConvertible) -> ObjectPath {
        path.path(from: groupPath)
    }

    func openGroup(_ path: some PathConvertible) throws(ServiceError) -> ObjectHandle {
        let path = absolute(path)
        return ObjectHandle(try scope.run { file throws(HDF5Error) in try file.group(at: path) })
    }

    func openDataset(_ path: some PathConvertible) throws(ServiceError) -> ObjectHandle {
        let path = absolute(path)
        return ObjectHandle(try scope.run { file throws(HDF5Error) in try file.dataset(at: path) })
    }

    func openDatatype(_ path: some PathConvertible) throws(ServiceError) -> (ObjectHandle, Datatype) {
        let path = absolute(path)
        let handle = ObjectHandle(try scope.run { file throws(HDF5Error) in try file.object(at: path) })
        let type = try scope.boundary.run { () throws(HDF5Error) in try handle.object.committedDatatype() }
        return (handle, type)
    }

    /// Opens an object of any kind, with the type of a committed datatype.
    func open(_ path: some PathConvertible) throws(ServiceError) -> OpenedAny {
        let path = absolute(path)
        return try scope.run { file throws(HDF5Error) in
            let object = try file.object(at: path)
            switch object.kind {
            case .group: return .group(ObjectHandle(object))
            case .dataset: return .dataset(ObjectHandle(try Dataset(object, in: file)))
            case .datatype:
                let type = try object.committedDatatype()
                return .datatype(ObjectHandle(object), type)
            }
        }
    }
}

enum OpenedAny {
    case group(ObjectHandle)
    case dataset(ObjectHandle)
    case datatype(ObjectHandle, Datatype)
}
