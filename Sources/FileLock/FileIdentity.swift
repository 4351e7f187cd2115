public import Glibc

/// What a file is, whatever its names: the key of locks and queues.
public struct FileIdentity: Hashable, Sendable {
    public var device: UInt64
    public var inode: UInt64

    public init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    /// Of a result of `stat`.
    public init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Of an open file.
    /// - Throws: `system`.
    public init(descriptor: Int32) throws(FileLockError) {
        self.init(try status(of: descriptor))
    }
}

/// A file's state as far as the system tells without reading it: equal stamps, equal content, unless a change came
/// within the time grain of the file system.
public struct FileStamp: Hashable, Sendable {
    /// A time of the file system's clock, since 1970; kept in two parts because files have times past 2262.
    public struct Time: Hashable, Comparable, Sendable {
        public var seconds: Int
        public var nanoseconds: Int

        init(_ time: timespec) {
            seconds = time.tv_sec
            nanoseconds = time.tv_nsec
        }

        public static func < (left: Self, right: Self) -> Bool {
            (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
        }
    }

    public var identity: FileIdentity
    /// In bytes.
    public var size: Int
    /// When the content last changed, unless a program set it back.
    public var modified: Time
    /// When content or properties last changed; no program can set it.
    public var changed: Time

    /// Of a result of `stat`.
    public init(_ status: stat) {
        identity = FileIdentity(status)
        size = status.st_size
        modified = Time(status.st_mtim)
        changed = Time(status.st_ctim)
    }

    /// Of an open file; under its lock, or it may be stale at once. The corresponding C function is `fstat`.
    /// - Throws: `system`.
    public init(descriptor: Int32) throws(FileLockError) {
        self.init(try status(of: descriptor))
    }
}
