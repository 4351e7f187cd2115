import FileLock
import Glibc

/// The lock under which `lockedh5 lock PATH` has started this program: a descriptor that it has left open.
struct InheritedLock {
    /// What names the descriptor in the environment.
    static let variable = "LOCKEDH5_DESCRIPTOR"

    let descriptor: Int32
    private let identity: FileIdentity

    /// Nil where there is none.
    init?() {
        guard let text = getenv(Self.variable), let descriptor = Int32(String(cString: text)),
            let identity = try? FileIdentity(descriptor: descriptor)
        else { return nil }
        self.descriptor = descriptor
        self.identity = identity
    }

    /// The descriptor, if it is of the file at `path` and its lock is good for that.
    func descriptor(of path: String, _ mode: FileLock.Mode) -> Int32? {
        var status = stat()
        guard stat(path, &status) == 0, FileIdentity(status) == identity else { return nil }
        let isExclusive = fcntl(descriptor, F_GETFL) & O_ACCMODE == O_RDWR
        return mode == .shared || isExclusive ? descriptor : nil
    }
}
