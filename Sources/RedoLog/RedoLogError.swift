import Glibc

/// Why a file could not be read, changed or recovered.
public enum RedoLogError: Error, Equatable, Sendable {
    /// No HDF5 signature at any of the places where one may be.
    case notHDF5
    /// A superblock of a version that no log of ours can lie behind, or one that contradicts itself.
    case unreadableSuperblock(version: UInt8)
    /// A log of another version of this program; to ignore it could lose a committed change.
    case unknownVersion(UInt32)
    /// Another program changed the file during the transaction, although it was locked.
    case changedMeanwhile
    /// The change is committed, but could not be brought home; recovery does that at the next open.
    case unfinished(errno: Int32, operation: String)
    /// Any refusal of the system, and what was being done.
    case system(errno: Int32, operation: String)
}

extension RedoLogError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notHDF5: "this is not an HDF5 file"
        case .unreadableSuperblock(let version):
            "the file's superblock (version \(version)) is damaged or of an unknown kind"
        case .unknownVersion(let version):
            "the file holds a change that a newer lockedh5 was writing (log version \(version)): open it with that one"
        case .changedMeanwhile: "another program changed the file in spite of the lock"
        case .unfinished(let code, let operation):
            "the change is safe in the file, but not in its place yet, and the next use of the file puts it there: "
                + "cannot \(operation): \(String(cString: strerror(code)))"
        case .system(let code, let operation): "cannot \(operation): \(String(cString: strerror(code)))"
        }
    }
}
