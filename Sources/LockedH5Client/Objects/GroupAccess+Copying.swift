public import H5Elements
public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

extension GroupAccess {
    /// Copies an object of this file, with everything below it; groups on the way to the new place are made.
    /// - Throws: `not_found`; `exists`; as `createGroup`.
    public func copy(
        _ source: some PathConvertible, to path: some PathConvertible, _ options: CopyOptions = CopyOptions()
    ) async throws(HDF5ClientError) {
        try await copy(absolute(source), to: absolute(path).path, options)
    }

    /// Copies an object of this file or of another one of the same server, with everything below it; groups on the way to
    /// the new place are made. The other file is locked shared, and this one exclusively.
    /// - Throws: As above; `invalid` for an object of another server.
    public func copy(
        _ object: some ObjectAccess, to path: some PathConvertible, _ options: CopyOptions = CopyOptions()
    ) async throws(HDF5ClientError) {
        guard place.client.isSameServer(as: object.place.client) else {
            throw HDF5ClientError(ServiceError(.invalid, "\(object.fileName) is on another server than \(fileName)"))
        }
        try await copy(object.place, to: absolute(path).path, options)
    }

    private func copy(
        _ source: ObjectPlace, to path: ObjectPath, _ options: CopyOptions
    ) async throws(HDF5ClientError) {
        let body = JSONWriter.object { json in
            json.member("source", name: source.path.bytes)
            json.member("file", name: place.file.bytes)
            json.member("path", name: path.bytes)
            options.write(to: &json)
        }
        let target = ResourceTarget("copies", file: source.file)
        try await place.send(Change(method: .post, target: target, body: .json(body)))
    }
}

extension CopyOptions {
    fileprivate func write(to json: inout JSONWriter) {
        let flags: KeyValuePairs<String, Bool> = [
            "shallow": isShallow, "expandSoft": expandsSoftLinks, "expandExternal": expandsExternalLinks,
            "expandReferences": expandsReferences, "withoutAttributes": leavesAttributes,
        ]
        for (name, flag) in flags where flag {
            json.key(name)
            json.bool(true)
        }
    }
}
