public import H5Model
internal import HDF5

/// A file inside a reading scope.
public struct ReadableFile: ~Copyable, ~Escapable, FileReading {
    public let scope: FileScope

    @_lifetime(immortal)
    init(descriptor: Int32, name: String, others: OtherFiles?) throws(ServiceError) {
        try self.init(isWriting: false) { () throws(HDF5Error) in
            try File(descriptor: descriptor, name: name, others: others)
        }
    }

    @_lifetime(immortal)
    init(isWriting: Bool, opening open: () throws(HDF5Error) -> File) throws(ServiceError) {
        do {
            scope = FileScope(try open(), isWriting: isWriting)
        } catch {
            if error.cause == .outOfMemory { HDF5Library.distrust() }
            throw ServiceError(error)
        }
    }

    /// The root group's.
    public var path: ObjectPath? { .root }
    /// The root group, opened anew.
    public var handle: ObjectHandle {
        get throws(ServiceError) {
            ObjectHandle(try scope.run { file throws(HDF5Error) in try file.group(at: .root) })
        }
    }

    var file: File { _read { yield scope.file } }
    var boundary: Boundary { scope.boundary }

    consuming func close(mayStayOpen: Bool) throws(ServiceError) {
        do {
            try scope.close(mayStayOpen: mayStayOpen)
        } catch {
            throw ServiceError(error)
        }
    }

    /// Whether the file's last commit was interrupted: it is read as recovery will leave it.
    public var isInterrupted: Bool { file.access.isView }

    /// Properties of the file as a whole.
    /// - Throws: `damaged`.
    public func info() throws(ServiceError) -> FileInfo {
        try boundary.run { () throws(HDF5Error) in try file.info() }
    }

    /// The kind of the object that `path` leads to.
    /// - Throws: `not_found`; `unsupported` where an external link is in the way.
    public func kind(at path: ObjectPath) throws(ServiceError) -> ObjectKind {
        try boundary.run { () throws(HDF5Error) in try file.kind(at: path) }
    }

    /// The properties of the group at `path`.
    /// - Throws: As `kind(at:)`, and `wrong_kind`.
    public func group(at path: ObjectPath) throws(ServiceError) -> GroupInfo {
        try boundary.run { () throws(HDF5Error) in try file.object(at: path).groupInfo() }
    }

    /// A page of the members of the group at `path`, in the order of creation where the group tracks it, else by name.
    /// - Parameter after: The member after which the page begins. Where members are ordered by name it need not be there
    ///   any more; where they are ordered by creation it must be.
    /// - Throws: As `group(at:)`; `not_found` also for `after`.
    public func members(
        of path: ObjectPath, after: HDF5Name? = nil, limit: Int = .max
    ) throws(ServiceError) -> Page<Member> {
        try boundary.run { () throws(HDF5Error) in try file.members(of: path, after: after, limit: limit) }
    }

    /// Everything that describes the dataset at `path`; for a chunked one that is a pass over its index of chunks.
    /// - Throws: As `kind(at:)`, and `wrong_kind`.
    public func dataset(at path: ObjectPath) throws(ServiceError) -> DatasetInfo {
        try boundary.run { () throws(HDF5Error) in try file.dataset(at: path).info() }
    }

    /// The committed datatype at `path`.
    /// - Throws: As `kind(at:)`, and `wrong_kind`.
    public func datatype(at path: ObjectPath) throws(ServiceError) -> Datatype {
        try boundary.run { () throws(HDF5Error) in try file.object(at: path).committedDatatype() }
    }

    /// All attributes of the object at `path` with their values, in the order of creation where it tracks that, else by
    /// name.
    /// - Parameter limit: The most bytes that one value may take.
    /// - Throws: As `kind(at:)`, and `too_large`.
    public func attributes(of path: ObjectPath, limit: Int = .max) throws(ServiceError) -> [Attribute] {
        try boundary.run { () throws(HDF5Error) in try file.object(at: path).attributes(limit: limit) }
    }

    /// One attribute of the object at `path`, with its value.
    /// - Parameter limit: The most bytes that the value may take.
    /// - Throws: As `kind(at:)`, and `too_large`; `not_found` also for the attribute.
    public func attribute(
        _ name: HDF5Name, of path: ObjectPath, limit: Int = .max
    ) throws(ServiceError) -> Attribute {
        try boundary.run { () throws(HDF5Error) in try file.object(at: path).attribute(name, limit: limit) }
    }

    /// The link at `path` itself, whatever it leads to.
    /// - Throws: `not_found`; `invalid` for the root group, which is not a link.
    public func link(at path: ObjectPath) throws(ServiceError) -> Link {
        try boundary.run { () throws(HDF5Error) in try file.link(at: path) }
    }

    /// Visits each object below the group at `path` once, a group before its members, until `visit` says false.
    ///
    /// Only hard links are followed; an object to which several lead is visited under the first of them.
    ///
    /// - Parameters:
    ///   - maximumDepth: How many links to go down; nil for all, 1 for the group's own members.
    ///   - visit: Gets the path from the group on.
    /// - Throws: As `group(at:)`; and what `visit` throws.
    public func walk(
        from path: ObjectPath = .root, maximumDepth: Int? = nil,
        visit: (ObjectPath, MemberObject) throws(ServiceError) -> Bool
    ) throws(ServiceError) {
        try walk(from: path, maximumDepth: maximumDepth, findsAliases: false) { path, object, _ throws(ServiceError) in
            try visit(path, object)
        }
    }

    /// Visits the objects below a group, and if asked for other hard links to them too.
    /// - Parameters:
    ///   - findsAliases: Of other links `visit` gets the path, the kind of the object, and the path where it was visited.
    ///   - visit: Gets paths from the group on, and nil for an object that is visited.
    /// - Throws: As `group(at:)`; and what `visit` throws.
    package func walk(
        from path: ObjectPath, maximumDepth: Int?, findsAliases: Bool,
        visit: (ObjectPath, MemberObject, _ alias: ObjectPath?) throws(ServiceError) -> Bool
    ) throws(ServiceError) {
        var walk = try boundary.run { () throws(HDF5Error) in
            try TreeWalk(from: path, in: file, maximumDepth: maximumDepth, findsAliases: findsAliases)
        }
        while let found = try boundary.run({ () throws(HDF5Error) in try walk.next(in: file) }) {
            if !(try visit(found.path, found.object, found.alias)) { return }
        }
    }

    /// Opens the dataset at `path` for the scope of `body`.
    /// - Throws: As `dataset(at:)`; and what `body` throws.
    public func withDataset<R>(
        at path: ObjectPath, _ body: (borrowing ReadableDataset) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        let dataset = try boundary.run { () throws(HDF5Error) in
            let dataset = try file.dataset(at: path)
            try dataset.inspectSources()
            return dataset
        }
        return try body(ReadableDataset(ObjectHandle(dataset), scope))
    }
}
