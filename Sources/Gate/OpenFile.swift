import FileLock
import Glibc
import H5Model

/// A file that a request has open: locked, or between two locks.
///
/// It is the request's one open file description. Workers get duplicates, which share the lock, and so the lock is
/// free only when the last of them is closed or `FileLocks.release` has unlocked it.
final class OpenFile {
    var path: FilePath
    let descriptor: Int32
    let identity: FileIdentity
    /// The file's state under its lock.
    var stamp: FileStamp

    init(path: FilePath, descriptor: Int32, stamp: FileStamp) {
        self.path = path
        self.descriptor = descriptor
        self.stamp = stamp
        identity = stamp.identity
    }

    deinit {
        close(descriptor)
    }
}
