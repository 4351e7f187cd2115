import H5Model
import HTTPMessage

/// One side of a comparison: descriptions of objects, which are asked for many at a time.
final class ObjectSource {
    let subject: Subject
    private var attributes: [ObjectPath: JSONTree] = [:]
    private var datasets: [ObjectPath: JSONTree] = [:]

    init(_ subject: Subject) {
        self.subject = subject
    }

    /// The path in the file of one from the compared object on.
    func place(_ path: ObjectPath) -> ObjectPath {
        ObjectPath(names: subject.found.object.names + path.names)
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
