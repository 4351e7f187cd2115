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
    private var seen: Set<ObjectIdentity> = []
    private let maximumDepth: Int

    /// - Parameter maximumDepth: How many links to go down; nil for all, 1 for the group's own members.
    package init(from path: ObjectPath, in file: borrowing File, maximumDepth: Int?) throws(HDF5Error) {
        self.maximumDepth = maximumDepth ?? .max
        self.path = path
        startDepth = path.names.count
        let group = try file.group(at: path)
        seen.insert(ObjectIdentity(try group.facts()))
        try descend(into: group, in: file)
    }

    private mutating func descend(into group: consuming Object, in file: borrowing File) throws(HDF5Error) {
        guard levels.count < maximumDepth else { return }
        let entries = try group.links(after: nil, limit: .max, file.library.linkAccess.id).entries
        levels.append(Level(group, entries.filter { $0.type == H5L_TYPE_HARD }))
    }

    /// The next object and its path from the group on; nil at the end.
    package mutating func next(in file: borrowing File) throws(HDF5Error) -> (path: ObjectPath, object: MemberObject)? {
        while let level = levels.last {
            guard level.next < level.entries.count else {
                levels.removeLast()
                continue
            }
            let entry = level.entries[level.next]
            level.next += 1
            path.names.removeLast(path.names.count - (startDepth + levels.count - 1))
            path.names.append(HDF5Name(bytes: entry.bytes))
            guard let object = try visit(entry, in: level, file) else { continue }
            return (startDepth == 0 ? path : ObjectPath(names: Array(path.names.dropFirst(startDepth))), object)
        }
        return nil
    }

    private mutating func visit(
        _ entry: LinkEntry, in level: Level, _ file: borrowing File
    ) throws(HDF5Error) -> MemberObject? {
        let id = H5Oopen(level.group.handle.id, entry.name, file.library.linkAccess.id)
        if id < 0 { return try file.memberObject(entry.name, named: HDF5Name(bytes: entry.bytes), in: level.group) }
        let object = try Object(id, at: path)
        guard seen.insert(ObjectIdentity(try object.facts())).inserted else { return nil }
        if object.kind != .group { return try file.memberObject(of: object) }
        try descend(into: object, in: file)
        return MemberObject(kind: .group)
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
