public import H5Model
internal import HDF5

/// A file inside a scope, which is its root group too.
public protocol FileReading: GroupReading, ~Copyable, ~Escapable {}

extension FileReading where Self: ~Copyable & ~Escapable {
    /// Shared in a reading scope, exclusive in a writing one.
    public var mode: LockMode { scope.isWriting ? .exclusive : .shared }

    /// Bytes before the superblock that are the user's.
    /// - Throws: `damaged`.
    public var userBlockSize: Int {
        get throws(ServiceError) { try scope.run { file throws(HDF5Error) in try file.info().userBlockSize } }
    }

    /// The oldest and the newest format in which the scope writes objects.
    /// - Throws: `damaged`.
    public var libver: (low: FormatVersion, high: FormatVersion) {
        get throws(ServiceError) { try scope.run { file throws(HDF5Error) in try file.formatBounds() } }
    }
}
