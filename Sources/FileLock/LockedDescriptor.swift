import Glibc

/// A descriptor with its lock; both end with the value.
///
/// The lock belongs to the open file description: it lasts until the last duplicate, in whatever process, is closed,
/// and `LOCK_UN` on any of them drops it for all. So nothing here unlocks: closing does.
public struct LockedDescriptor: ~Copyable {
    private let file: OpenDescriptor
    /// How the file is locked.
    public let mode: FileLock.Mode

    init(_ file: consuming OpenDescriptor, mode: FileLock.Mode) {
        self.file = file
        self.mode = mode
    }

    /// The open descriptor, readable and, under an exclusive lock, writable; not to be closed by others.
    public var descriptor: Int32 { file.descriptor }
}

/// A descriptor that is closed with the value.
struct OpenDescriptor: ~Copyable {
    let descriptor: Int32

    deinit {
        // Never again after EINTR: Linux has closed it by then, and the number may be another file's.
        _ = close(descriptor)
    }
}
