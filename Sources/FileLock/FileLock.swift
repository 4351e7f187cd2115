import Glibc

/// `flock(2)` on a file itself: the lock that HDF5 libraries from 1.10 on take too, so they and we exclude one another.
public enum FileLock {
    /// How a file is locked: shared for reading, exclusive for everything else.
    public enum Mode: String, Sendable {
        case shared, exclusive

        /// The access a descriptor needs for this lock; on NFS an exclusive one is refused without write access.
        var openFlags: Int32 { self == .shared ? O_RDONLY : O_RDWR }

        var operation: Int32 { self == .shared ? LOCK_SH : LOCK_EX }
    }

    /// Asks for a lock once, without waiting; an exclusive one replaces a shared one of the same descriptor and the
    /// reverse, but not atomically.
    ///
    /// The corresponding C function is `flock` with `LOCK_NB`.
    /// - Returns: false when another open file description, here or elsewhere, holds a lock in the way.
    /// - Throws: `system`, also where the file system has no locks.
    public static func tryLock(descriptor: Int32, mode: Mode) throws(FileLockError) -> Bool {
        switch retrying({ flock(descriptor, mode.operation | LOCK_NB) }) {
        case .success: return true
        case .failure(let code) where code == EWOULDBLOCK: return false
        case .failure(let code): throw .system(errno: code, operation: "lock a file")
        }
    }

    /// Whether a name still leads to the file that is open; a relative one starts at the descriptor `directory`, or the
    /// working directory.
    ///
    /// A lock sticks to the inode: whoever waited for one asks this before trusting the name.
    /// - Returns: false also when nothing has that name any more.
    /// - Throws: `permission`, `system`.
    public static func isSameFile(
        _ descriptor: Int32, as path: String, in directory: Int32? = nil
    ) throws(FileLockError) -> Bool {
        let open = try FileIdentity(descriptor: descriptor)
        var status = stat()
        switch retrying(path: path, { fstatat(directory ?? AT_FDCWD, $0, &status, 0) }) {
        case .success: return FileIdentity(status) == open
        case .failure(let code) where code == ENOENT || code == ENOTDIR: return false
        case .failure(let code): throw FileLockError(code, path: path, mode: .shared, operation: "look up")
        }
    }
}
