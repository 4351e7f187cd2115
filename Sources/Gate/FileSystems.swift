import CProcess

/// What is known of file systems (statfs(2)).
enum FileSystems {
    /// ext2 to ext4, XFS, Btrfs, tmpfs. Not overlayfs, whose lower layer may be anything.
    private static let local: Set<Int> = [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994]

    /// Whether an open file or directory lies on a file system that is known to be this machine's own, so that its time
    /// stamps, and the kernel, tell of every change.
    static func isLocal(_ descriptor: Int32) -> Bool { local.contains(lh5_file_system(descriptor)) }
}

extension OpenFile {
    /// Whether the file lies on a file system that is known to be this machine's own.
    var isLocal: Bool { FileSystems.isLocal(descriptor) }
}
