/// A file that a server serves, which is its root group too.
public protocol FileAccess: GroupAccess {}

/// A file that a server serves.
///
/// It is named, and not opened: each call is one request, which the server carries out under a lock of its own. For several
/// calls under one lock there is `HDF5Client.withFile`.
public struct RemoteFile: FileAccess {
    public let place: ObjectPlace
}

extension HDF5Client {
    /// The file at a path; nothing is sent.
    /// - Parameter options: What is asked of each request about the file, such as how long it may wait for the lock.
    public func file(_ path: ServedPath, options: CallOptions = CallOptions()) -> RemoteFile {
        RemoteFile(place: ObjectPlace(client: self, file: path, path: .root, options: options))
    }
}

extension FileAccess {
    /// The properties of the file.
    public var info: FileDescription {
        get async throws(HDF5ClientError) { try await place.client.describeFile(place.file, options: place.options) }
    }

    /// Bytes before the superblock that are the user's.
    public var userBlockSize: Int {
        get async throws(HDF5ClientError) { try await info.userBlockSize }
    }
}
