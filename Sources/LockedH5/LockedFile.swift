package import FileLock
public import H5Model
internal import HDF5

/// Opens another file for one that is open, by a path from the served directory on, with a leading slash, or one of the
/// host.
///
/// The descriptor is open for reading, and locked, for as long as the first file; nil says that nothing has the name.
/// Whatever else keeps the file from being read is thrown.
public typealias OtherFiles = (_ name: [UInt8]) throws(ServiceError) -> Int32?

/// Access to an HDF5 file under a lock, inside a scope: what the scope gets cannot be stored or returned.
///
/// libhdf5 is not thread safe: one scope at a time runs in a process, a scope inside another one on the same thread.
public enum LockedFile {
    /// Reads the file at `path` under a shared lock, which ends with the scope.
    /// - Parameters:
    ///   - attempts: How often the lock is asked for, at least once.
    ///   - wait: The longest time between two attempts.
    ///   - root: External links and virtual datasets reach files below this directory, which are locked too when they
    ///     do; nil for the directory that holds the file.
    /// - Throws: `not_found`, `forbidden`, `locked`, `not_hdf5`, `unavailable`, `unsupported`, `damaged`; and what `body` throws.
    public static func read<R>(
        _ path: String, attempts: Int = 10, wait: Duration = .seconds(10), root: String? = nil,
        _ body: (borrowing ReadableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        try read(path, attempts: attempts, wait: wait, root: root, held: nil, body)
    }

    /// The same where another file may take part that somebody else has locked.
    /// - Parameter held: A descriptor of that file.
    package static func read<R>(
        _ path: String, attempts: Int, wait: Duration, root: String? = nil, held: Int32?,
        _ body: (borrowing ReadableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        if let result = try readUnlessInterrupted(path, attempts, wait, root, held, body) { return result }
        try recover(path, attempts, wait)
        let locked = try lock(path, .shared, attempts, wait)
        let files = try LocalFiles(of: path, locked.descriptor, root: root, held: held, attempts, wait)
        return try read(locked.descriptor, files, body)
    }

    /// Reads the file at `path` behind a descriptor that somebody else has locked and closes.
    /// - Throws: As `read`.
    package static func read<R>(
        _ path: String, lockedAs descriptor: Int32, attempts: Int, wait: Duration,
        _ body: (borrowing ReadableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        try read(descriptor, LocalFiles(of: path, descriptor, root: nil, attempts, wait), body)
    }

    private static func read<R>(
        _ descriptor: Int32, _ files: LocalFiles, _ body: (borrowing ReadableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        try read(
            descriptor: descriptor, name: files.ownName, others: { name throws(ServiceError) in try files.open(name) },
            followsLinks: true, body)
    }

    /// Nil for a file whose last commit was interrupted.
    private static func readUnlessInterrupted<R>(
        _ path: String, _ attempts: Int, _ wait: Duration, _ root: String?, _ held: Int32?,
        _ body: (borrowing ReadableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R? {
        let locked = try lock(path, .shared, attempts, wait)
        if isInterrupted(locked.descriptor) { return nil }
        let files = try LocalFiles(of: path, locked.descriptor, root: root, held: held, attempts, wait)
        return try read(locked.descriptor, files, body)
    }

    /// Reads the file behind a descriptor that somebody else has locked and closes.
    /// - Parameters:
    ///   - descriptor: Open for reading, and locked for longer than the call.
    ///   - name: The file's name below the served root; for messages, and the only name that opens.
    ///   - others: Opens other files that parts of this one lie in; where nobody does, such a part is refused.
    ///   - followsLinks: Paths go on behind external links, in files that `others` opens.
    ///   - mayStayOpen: If all goes well the file stays open in libhdf5, without a descriptor, until the next call for the
    ///     same unchanged file. Only for file systems of this machine, whose time stamps tell of every change.
    /// - Throws: `not_hdf5`, `locked`, `unavailable`, `unsupported`, `damaged`; and what `body` throws. A close that
    ///   fails is `damaged` too.
    public static func read<R>(
        descriptor: Int32, name: String, others: OtherFiles? = nil, followsLinks: Bool = false,
        mayStayOpen: Bool = false,
        _ body: (borrowing ReadableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        try ProcessLock.withLock { () throws(ServiceError) in
            let file = try ReadableFile(descriptor: descriptor, name: name, others: others)
            if followsLinks { file.scope.followLinks() }
            let result = run(body, file)
            do throws(ServiceError) {
                try file.close(mayStayOpen: mayStayOpen && result.isSuccess)
            } catch {
                _ = try result.get()
                throw error
            }
            return try result.get()
        }
    }

    static func run<R, File: ~Copyable & ~Escapable>(
        _ body: (borrowing File) throws(ServiceError) -> R, _ file: borrowing File
    ) -> Result<R, ServiceError> {
        do {
            return .success(try body(file))
        } catch {
            return .failure(error)
        }
    }

    /// Takes the file's lock.
    package static func lock(
        _ path: String, _ mode: FileLock.Mode, _ attempts: Int, _ wait: Duration
    ) throws(ServiceError) -> LockedDescriptor {
        do {
            return try FileLock.open(path, mode: mode, attempts: attempts, wait: wait)
        } catch {
            throw ServiceError(error)
        }
    }
}

extension Result {
    fileprivate var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}
