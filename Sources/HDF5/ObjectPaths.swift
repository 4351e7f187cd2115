internal import CHDF5
internal import H5Model

/// The paths of a file's objects by their addresses, found by a walk along hard links that goes on as far as it is asked.
///
/// > `H5Rget_name` makes a walk of its own for each reference whose object is not open.
final class ObjectPaths {
    /// Any object of the file.
    private let location: hid_t
    private let links: hid_t
    private var found: [UInt64: ObjectPath] = [:]
    /// Groups whose members have not been seen yet, those that were found first at the end.
    private var pending: [ObjectPath] = []

    init(_ location: hid_t, _ links: hid_t) throws(HDF5Error) {
        self.location = location
        self.links = links
        let root = try Object(H5Oopen(location, "/", links), at: .root)
        found[try root.facts().token.0] = .root
        pending = [.root]
    }

    /// The shortest path to the object, of several the first by name; nil where no hard link leads to it.
    func path(of address: UInt64) throws(HDF5Error) -> ObjectPath? {
        while true {
            if let path = found[address] { return path }
            if pending.isEmpty { return nil }
            let level = pending
            pending = []
            for group in level { try look(into: group) }
        }
    }

    private func look(into path: ObjectPath) throws(HDF5Error) {
        let group = try Object(H5Oopen(location, try cString(path.bytes), links), at: path)
        for entry in try group.links(after: nil, limit: .max, links).entries
        where entry.type == H5L_TYPE_HARD && found[entry.address] == nil {
            let member = path.appending(HDF5Name(bytes: entry.bytes))
            found[entry.address] = member
            var facts = chdf5_object_info()
            try check(chdf5_object_by_name(group.handle.id, entry.name, &facts, links), "reading \(member)")
            if facts.type == H5O_TYPE_GROUP { pending.append(member) }
        }
    }
}
