import FileLock
import H5Model
import LockedH5

/// How a command takes the locks of files here: one for each, or that under which it runs (`lockedh5 lock PATH`).
struct LocalLocks {
    let attempts: Int
    let wait: Duration
    private let inherited = InheritedLock()

    /// - Parameter wait: The longest wait for a lock, in seconds; 0 tries once.
    init(wait: Double) {
        attempts = wait > 0 ? 2 : 1
        self.wait = .seconds(wait)
    }

    /// Does something with a file's descriptor while its lock is held.
    func hold<R>(
        _ path: String, _ mode: FileLock.Mode, _ body: (_ descriptor: Int32) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        if let descriptor = inherited?.descriptor(of: path, mode) { return try body(descriptor) }
        let file = try LockedFile.lock(path, mode, attempts, wait)
        let result = try body(file.descriptor)
        // Until here it is locked.
        _ = file.descriptor
        return result
    }

    func read<R>(
        _ path: String, _ body: (borrowing ReadableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        Crashes.tell(of: path)
        defer { Crashes.forget() }
        if let descriptor = inherited?.descriptor(of: path, .shared) {
            return try LockedFile.read(path, lockedAs: descriptor, attempts: attempts, wait: wait, body)
        }
        return try LockedFile.read(path, attempts: attempts, wait: wait, held: inherited?.descriptor, body)
    }

    func write<R>(
        _ path: String, root: String? = nil, _ body: (borrowing WritableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        Crashes.tell(of: path)
        defer { Crashes.forget() }
        if let descriptor = inherited?.descriptor(of: path, .exclusive) {
            return try LockedFile.write(path, lockedAs: descriptor, attempts: attempts, wait: wait, root: root, body)
        }
        return try LockedFile.write(
            path, attempts: attempts, wait: wait, root: root, held: inherited?.descriptor, body)
    }

    func repack(_ path: String) throws(ServiceError) -> RepackReport {
        Crashes.tell(of: path)
        defer { Crashes.forget() }
        if let descriptor = inherited?.descriptor(of: path, .exclusive) {
            return try LockedFile.repack(path, lockedAs: descriptor)
        }
        return try LockedFile.repack(path, attempts: attempts, wait: wait)
    }
}
