import Glibc

/// Why it cannot be told what an earlier writer left in a file.
public enum RedoLogError: Error, Equatable, Sendable {
    /// No HDF5 signature at any of the places where one may be.
    case notHDF5
    /// A superblock of a version that no log of ours can lie behind, or one that contradicts itself.
    case unreadableSuperblock(version: UInt8)
    /// A log of another version of this program; to ignore it could lose a committed change.
    case unknownVersion(UInt32)
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
        case .system(let code, let operation): "cannot \(operation): \(String(cString: strerror(code)))"
        }
    }
}
