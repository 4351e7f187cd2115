public import H5Elements
public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

extension GroupAccess {
    /// Makes a group, and the groups on the way to it.
    /// - Parameter tracksCreationOrder: Whether it keeps the order in which its members and attributes are made.
    /// - Throws: `exists`; `wrong_kind` where something that is no group is in the way; `invalid` for a name that no link
    ///   can have.
    @discardableResult
    public func createGroup(
        _ path: some PathConvertible, tracksCreationOrder: Bool = false
    ) async throws(HDF5ClientError) -> RemoteGroup {
        try await makeGroup(absolute(path), tracksCreationOrder, isRequired: false)
    }

    /// Finds a group, or makes it where there is nothing.
    /// - Throws: As `createGroup`, but for `exists`; `wrong_kind` for what is no group.
    @discardableResult
    public func requireGroup(
        _ path: some PathConvertible, tracksCreationOrder: Bool = false
    ) async throws(HDF5ClientError) -> RemoteGroup {
        try await makeGroup(absolute(path), tracksCreationOrder, isRequired: true)
    }

    private func makeGroup(
        _ place: ObjectPlace, _ tracksCreationOrder: Bool, isRequired: Bool
    ) async throws(HDF5ClientError) -> RemoteGroup {
        var target = place.target("groups")
        if isRequired { target.add("require", "true") }
        let body = JSONWriter.object { json in
            json.key("trackOrder")
            json.bool(tracksCreationOrder)
        }
        try await place.send(Change(target: target, body: .json(body)))
        return RemoteGroup(place: place)
    }

    /// Commits a datatype, of which datasets and attributes can be made, and makes the groups on the way to it.
    /// - Throws: As `createGroup`; `invalid`, `unsupported` or `too_large` for a datatype that cannot be stored.
    @discardableResult
    public func commit(
        _ type: Datatype, at path: some PathConvertible
    ) async throws(HDF5ClientError) -> RemoteDatatype {
        let place = absolute(path)
        let body = JSONWriter.object { json in
            json.key("datatype")
            DatatypeJSON.write(type, to: &json)
        }
        let answer = try await place.send(Change(target: place.target("datatypes"), body: .json(body)))
        return try answer.understood { try RemoteDatatype(try answer.object(), at: place) }
    }

    /// Makes a link, and the groups on the way to it.
    /// - Throws: As `createGroup`; `not_found` too where a hard link's target is not there.
    public func link(_ path: some PathConvertible, to target: LinkTarget) async throws(HDF5ClientError) {
        let place = absolute(path)
        try await place.send(Change(target: place.target("links"), body: .json(target.json)))
    }

    /// Makes a hard link to an object of the same file, and the groups on the way to it.
    /// - Throws: As `createGroup`; `invalid` for an object of another file.
    public func link(
        _ path: some PathConvertible, to object: some ObjectAccess
    ) async throws(HDF5ClientError) {
        guard object.servedPath == servedPath else {
            throw HDF5ClientError(
                ServiceError(.invalid, "a hard link stays in its file, and \(object.fileName) is not \(fileName)"))
        }
        try await link(path, to: .hard(object.path))
    }

    /// Removes the link; an object goes with the last link that leads to it.
    /// - Throws: `not_found`; `invalid` for the root group.
    public func remove(_ path: some PathConvertible) async throws(HDF5ClientError) {
        try await absolute(path).send(absolute(path).removal)
    }

    /// Moves the link, whatever it leads to, and makes the groups on the way to its new place.
    /// - Throws: `not_found`; `exists` for the new place; `invalid` for the root group, and for a group that would come to
    ///   lie below itself; otherwise as `createGroup`.
    public func move(
        _ path: some PathConvertible, to newPath: some PathConvertible
    ) async throws(HDF5ClientError) {
        let place = absolute(path)
        let body = JSONWriter.object { $0.member("path", name: absolute(newPath).path.bytes) }
        try await place.send(Change(method: .patch, target: place.target("links"), body: .json(body)))
    }
}

extension ObjectPlace {
    /// The change that removes the object's link.
    var removal: Change { Change(method: .delete, target: target("links")) }
}

extension LinkTarget {
    fileprivate var json: [UInt8] {
        JSONWriter.object { json in
            switch self {
            case .hard(let path):
                json.member("link", "hard")
                json.member("target", name: path.bytes)
            case .soft(let target):
                json.member("link", "soft")
                json.member("target", name: target)
            case .external(let file, let target):
                json.member("link", "external")
                json.member("targetFile", name: file)
                json.member("target", name: target)
            }
        }
    }
}
