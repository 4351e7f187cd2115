import CProcess

extension OpenFile {
    /// ext2 to ext4, XFS, Btrfs, tmpfs (statfs(2)). Not overlayfs, whose lower layer may be anything.
    private static let localFileSystems: Set<Int> = [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994]

    /// Whether the file lies on a file system that is known to be this machine's own, so that its time stamps tell of
    /// every change.
    var isLocal: Bool { Self.localFileSystems.contains(lh5_file_system(descriptor)) }
}
