internal import CHDF5
package import H5Model

/// A walk over each object below a group, once, a group before its members.
///
/// Only hard links are followed. An object that several of them lead to is visited under the first. Each group on the
/// way down stays open, so that no path is resolved twice; `H5Ovisit` resolves each from the top.
package struct TreeWalk {
    private final class Level {
        let group: Object
        let entries: [LinkEntry]
        var next = 0

        init(_ group: consuming Object, _ entries: [LinkEntry]) {
            self.group = group
            self.entries = entries
        }
    }

    private var levels: [Level] = []
    /// The path of the object that was found last; one array, which its object and its visitor share.
    private var path: ObjectPath
    private let startDepth: Int
    /// What was visited, and where if that is to be told.
    private var seen: [ObjectIdentity: ObjectPath] = [:]
    private let maximumDepth: Int
    private let findsAliases: Bool

    /// What a walk finds at a path.
    package struct Found {
        /// From the group on.
        package var path: ObjectPath
        package var object: MemberObject
        /// Where the object was visited before, to which this is another link.
        package var alias: ObjectPath?
    }

    /// - Parameters:
    ///   - maximumDepth: How many links to go down; nil for all, 1 for the group's own members.
    ///   - findsAliases: Tells other links to what was visited too, and does not go on behind them.
    package init(
        from path: ObjectPath, in file: borrowing File, maximumDepth: Int?, findsAliases: Bool = false
    ) throws(HDF5Error) {
        self.findsAliases = findsAliases
        self.maximumDepth = maximumDepth ?? .max
        self.path = path
        startDepth = path.names.count
        let group = try file.group(at: path)
        seen[ObjectIdentity(try group.facts())] = .root
        try descend(into: group, in: file)
    }

    private mutating func descend(into group: consuming Object, in file: borrowing File) throws(HDF5Error) {
        guard levels.count < maximumDepth else { return }
        let entries = try group.links(after: nil, limit: .max, file.library.linkAccess.id).entries
        levels.append(Level(group, entries.filter { $0.type == H5L_TYPE_HARD }))
    }

    /// The next object; nil at the end.
    package mutating func next(in file: borrowing File) throws(HDF5Error) -> Found? {
        while let level = levels.last {
            guard level.next < level.entries.count else {
                levels.removeLast()
                continue
            }
            let entry = level.entries[level.next]
            level.next += 1
            path.names.removeLast(path.names.count - (startDepth + levels.count - 1))
            path.names.append(HDF5Name(bytes: entry.bytes))
            if let found = try visit(entry, in: level, file) { return found }
        }
        return nil
    }

    private mutating func visit(
        _ entry: LinkEntry, in level: Level, _ file: borrowing File
    ) throws(HDF5Error) -> Found? {
        let id = H5Oopen(level.group.handle.id, entry.name, file.library.linkAccess.id)
        let path = startDepth == 0 ? path : ObjectPath(names: Array(path.names.dropFirst(startDepth)))
        if id < 0 {
            let name = HDF5Name(bytes: entry.bytes)
            return Found(path: path, object: try file.memberObject(entry.name, named: name, in: level.group))
        }
        let object = try Object(id, at: self.path)
        let identity = ObjectIdentity(try object.facts())
        if let alias = seen[identity] {
            return findsAliases ? Found(path: path, object: MemberObject(kind: object.kind), alias: alias) : nil
        }
        seen[identity] = findsAliases ? path : .root
        if object.kind != .group { return Found(path: path, object: try file.memberObject(of: object)) }
        try descend(into: object, in: file)
        return Found(path: path, object: MemberObject(kind: .group))
    }
}

/// Which object of its file it is, whatever path leads to it.
struct ObjectIdentity: Hashable {
    let first: UInt64
    let second: UInt64

    init(_ facts: chdf5_object_info) {
        (first, second) = facts.token
    }

    /// The object at an address from the file's base on.
    init(address: UInt64) {
        (first, second) = (address, 0)
    }
}
