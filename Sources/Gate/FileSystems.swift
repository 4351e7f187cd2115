import CProcess
import FileLock

/// Which file systems are this machine's own, so that their time stamps tell of every change to a file: those that are
/// known to be, and no other.
struct FileSystems {
    /// ext2 to ext4, XFS, Btrfs, tmpfs (statfs(2)). Not overlayfs, whose lower layer may be anything.
    private static let local: Set<Int> = [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994]

    private var known: [UInt64: Bool] = [:]

    /// Asked once for each device.
    mutating func isLocal(_ file: OpenFile) -> Bool {
        if let known = known[file.identity.device] { return known }
        let isLocal = Self.local.contains(lh5_file_system(file.descriptor))
        known[file.identity.device] = isLocal
        return isLocal
    }
}
