import Glibc

extension FileLock {
    /// Opens a regular file and locks it before a byte is read; the descriptor is of the file that has this name now.
    ///
    /// The lock is asked for at least `attempts` times and for `attempts - 1` times `wait`, in between with short
    /// random pauses: `flock` has no queue, so whoever asks seldom starves.
    /// - Parameters:
    ///   - attempts: At least 1.
    ///   - wait: The longest time between two attempts.
    /// - Throws: `notFound`, `notRegular`, `permission`, `locked`, `system`; then nothing is left open.
    public static func open(
        _ path: String, mode: Mode, attempts: Int = 10, wait: Duration = .seconds(10)
    ) throws(FileLockError) -> LockedDescriptor {
        var waiting = SystemWaiting()
        return try open(path, mode: mode, attempts: attempts, wait: wait, waiting: &waiting)
    }

    /// As above, with the clock, the sleep and the randomness of `waiting`.
    public static func open(
        _ path: String, mode: Mode, attempts: Int, wait: Duration, waiting: inout some Waiting
    ) throws(FileLockError) -> LockedDescriptor {
        let start = waiting.now()
        var backOff = BackOff(limit: min(wait, BackOff.longest))
        var tries = 0
        while true {
            if let locked = try attempt(path, mode: mode) { return locked }
            tries += 1
            let waited = waiting.now() - start
            guard tries < attempts || waited / wait < Double(attempts - 1) else {
                throw refusal(path, mode: mode, waited: waited)
            }
            waiting.sleep(for: backOff.next(using: &waiting))
        }
    }

    /// How often in a row a file may be replaced between our open and our lock before we give up.
    private static let replacementLimit = 100

    /// One open and one request for the lock, again at once when the name went to another file meanwhile.
    private static func attempt(_ path: String, mode: Mode) throws(FileLockError) -> LockedDescriptor? {
        for _ in 0..<replacementLimit {
            guard let file = try opened(path, mode: mode) else { return nil }
            guard try tryLock(descriptor: file.descriptor, mode: mode) else { return nil }
            if try isSameFile(file.descriptor, as: path) { return LockedDescriptor(file, mode: mode) }
        }
        throw .system(errno: ESTALE, operation: "lock \(lastComponent(of: path)), which is replaced again and again")
    }

    /// The open file, or nil while another process's lease on it (`F_SETLEASE`) is in the way.
    private static func opened(_ path: String, mode: Mode) throws(FileLockError) -> OpenDescriptor? {
        // O_NONBLOCK: the open of a FIFO must not wait for its other end. Regular files ignore it.
        let flags = mode.openFlags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        switch retrying(path: path, { Glibc.open($0, flags) }) {
        case .success(let descriptor):
            let file = OpenDescriptor(descriptor: descriptor)
            guard try isRegular(file.descriptor) else { throw .notRegular(name: lastComponent(of: path)) }
            return file
        case .failure(let code) where code == EWOULDBLOCK: return nil
        case .failure(let code): throw FileLockError(code, path: path, mode: mode, operation: "open")
        }
    }

    private static func isRegular(_ descriptor: Int32) throws(FileLockError) -> Bool {
        try status(of: descriptor).st_mode & S_IFMT == S_IFREG
    }

    private static func refusal(_ path: String, mode: Mode, waited: Duration) -> FileLockError {
        var status = stat()
        let found = retrying(path: path) { fstatat(AT_FDCWD, $0, &status, 0) }
        let holders = found.value == nil ? [] : holders(of: FileIdentity(status))
        return .locked(name: lastComponent(of: path), mode: mode, waited: waited, holders: holders)
    }
}
