import H5Model
import HTTPMessage

/// One side of a comparison: descriptions of objects, which are asked for many at a time.
final class ObjectSource {
    let subject: Subject
    private var attributes: [ObjectPath: JSONTree] = [:]
    private var datasets: [ObjectPath: JSONTree] = [:]
    /// The paths of further links to groups, with the paths of the first ones.
    private var aliases: [ObjectPath: ObjectPath] = [:]

    init(_ subject: Subject) {
        self.subject = subject
    }

    /// The path in the file of one from the compared object on.
    func place(_ path: ObjectPath) -> ObjectPath {
        ObjectPath(names: subject.found.object.names + path.names)
    }

    /// Looks for all links to groups.
    func findAliases() throws(CommandError) {
        try subject.visit(nil, findsAliases: true, mayRepeat: true) { object throws(CommandError) in
            guard object["kind"]?.text == "group", let path = object.bytes("path"), let first = object.bytes("sameAs")
            else { return }
            aliases[ObjectPath(bytes: path)] = ObjectPath(bytes: first)
        }
    }

    /// The path that stands for a member of a group, whatever links lead to it.
    func first(_ name: HDF5Name, in group: ObjectPath) -> ObjectPath {
        let path = group.appending(name)
        return aliases[path] ?? path
    }

    /// Asks for what will be wanted next, and forgets what was before.
    func fetch(attributes paths: [ObjectPath], datasets datasetPaths: [ObjectPath]) throws(CommandError) {
        attributes = try documents("attributes", paths)
        datasets = try documents("datasets", datasetPaths)
    }

    private func documents(
        _ resource: String, _ paths: [ObjectPath]
    ) throws(CommandError) -> [ObjectPath: JSONTree] {
        let calls = paths.map { subject.call(resource, place($0)) }
        return Dictionary(zip(paths, try subject.backend.documents(calls))) { $1 }
    }

    /// The attributes of an object, by name.
    func attributes(of path: ObjectPath) throws(CommandError) -> [JSONTree.Member] {
        if let known = attributes.removeValue(forKey: path) { return known.members }
        return try subject.backend.document(subject.call("attributes", place(path))).members
    }

    func dataset(at path: ObjectPath) throws(CommandError) -> JSONTree {
        if let known = datasets.removeValue(forKey: path) { return known }
        return try subject.backend.document(subject.call("datasets", place(path)))
    }

    /// The members of a group by name.
    func members(of path: ObjectPath) throws(CommandError) -> [HDF5Name: JSONTree] {
        var members: [HDF5Name: JSONTree] = [:]
        for member in try subject.group(place(path))["members"]?.elements ?? [] {
            members[HDF5Name(bytes: member.bytes("name") ?? [])] = member
        }
        return members
    }
}
