import Glibc

/// A file that is being made: open, exclusively locked, and without its name until it is complete.
///
/// It has no name at all where the file system can do that (`O_TMPFILE`), else a hidden one beside its own, which ends
/// with the value.
public struct NewFile: ~Copyable {
    private let file: OpenDescriptor
    private let directory: Int32
    private let path: String
    /// Nil for a file without any name.
    private let hidden: String?

    /// Open for reading and writing; not to be closed by others.
    public var descriptor: Int32 { file.descriptor }

    /// - Parameters:
    ///   - path: Where the file will be; a relative one begins at the descriptor `directory`, or the working directory.
    ///   - withName: Give it a hidden name even where it needs none.
    /// - Throws: `notFound` for its directory, `permission`, `system`.
    public init(
        _ path: String, in directory: Int32? = nil, permissions: UInt32 = 0o666, withName: Bool = false
    ) throws(FileLockError) {
        let start = directory ?? AT_FDCWD
        let unnamed = withName ? nil : try Self.unnamed(path, start, permissions)
        let hidden = unnamed == nil ? Self.hiddenName(for: path) : nil
        let named = try hidden.map { (name) throws(FileLockError) in
            try Self.open(name, start, O_CREAT | O_EXCL, permissions, for: path)
        }
        let opened = OpenDescriptor(descriptor: unnamed ?? named ?? -1)
        // Nobody else can have opened it.
        guard try FileLock.tryLock(descriptor: opened.descriptor, mode: .exclusive) else {
            throw .system(errno: EWOULDBLOCK, operation: "lock \(lastComponent(of: path))")
        }
        file = opened
        self.path = path
        self.directory = start
        self.hidden = hidden
    }

    deinit {
        if let hidden { _ = retrying(path: hidden) { unlinkat(directory, $0, 0) } }
    }

    /// Gives the file its name, under which it appears complete and locked. The corresponding C function is `linkat`.
    /// - Parameter isDurable: Waits until the name is on the disk.
    /// - Returns: false when something has that name already.
    /// - Throws: `notFound` for its directory, `permission`, `system`.
    public func publish(isDurable: Bool = true) throws(FileLockError) -> Bool {
        let source = hidden ?? "/proc/self/fd/\(descriptor)"
        let from = hidden == nil ? AT_FDCWD : directory
        let flags = hidden == nil ? AT_SYMLINK_FOLLOW : 0
        let result = retrying(path: path) { path in
            source.withCString { linkat(from, $0, directory, path, flags) }
        }
        switch result {
        case .success: break
        case .failure(let code) where code == EEXIST: return false
        case .failure(let code): throw FileLockError(code, path: path, mode: .exclusive, operation: "name")
        }
        if isDurable { try synchronizeDirectory() }
        return true
    }

    /// Gives the file the name of another, which loses it. The corresponding C function is `rename`.
    /// - Parameter isDurable: Waits until the name is on the disk.
    /// - Throws: `notFound` for its directory, `permission`, `system`.
    public func publishReplacing(isDurable: Bool = true) throws(FileLockError) {
        let name = hidden ?? Self.hiddenName(for: path)
        if hidden == nil {
            let linked = retrying(path: name) {
                linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", directory, $0, AT_SYMLINK_FOLLOW)
            }
            if case .failure(let code) = linked {
                throw FileLockError(code, path: path, mode: .exclusive, operation: "name")
            }
        }
        let renamed = retrying(path: path) { path in name.withCString { renameat(directory, $0, directory, path) } }
        if case .failure(let code) = renamed {
            _ = retrying(path: name) { unlinkat(directory, $0, 0) }
            throw FileLockError(code, path: path, mode: .exclusive, operation: "name")
        }
        if isDurable { try synchronizeDirectory() }
    }

    private static func hiddenName(for path: String) -> String {
        parent(of: path) + ".\(lastComponent(of: path)).\(UInt64.random(in: 0 ... .max)).new"
    }

    private func synchronizeDirectory() throws(FileLockError) {
        let parent = Self.parent(of: path)
        let opened = retrying(path: parent.isEmpty ? "." : parent) {
            openat(directory, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard let descriptor = opened.value else { return }
        let folder = OpenDescriptor(descriptor: descriptor)
        // Some file systems have nothing to wait for and say so.
        if case .failure(let code) = retrying({ fsync(folder.descriptor) }), code != EINVAL, code != ENOTSUP {
            throw .system(errno: code, operation: "write a name to the disk")
        }
    }

    /// Nil where the file system has no files without a name, or none that can get one.
    private static func unnamed(
        _ path: String, _ directory: Int32, _ permissions: UInt32
    ) throws(FileLockError) -> Int32? {
        let parent = parent(of: path)
        guard access("/proc/self/fd", X_OK) == 0 else { return nil }
        do {
            return try open(parent.isEmpty ? "." : parent, directory, temporaryFile, permissions, for: path)
        } catch {
            // EISDIR: a system that does not know the flag.
            switch error {
            case .system(EOPNOTSUPP, _), .system(EINVAL, _), .notRegular: return nil
            default: throw error
            }
        }
    }

    private static func open(
        _ name: String, _ directory: Int32, _ flags: Int32, _ permissions: UInt32, for path: String
    ) throws(FileLockError) -> Int32 {
        let opened = retrying(path: name) { openat(directory, $0, O_RDWR | O_CLOEXEC | flags, permissions) }
        switch opened {
        case .success(let descriptor): return descriptor
        case .failure(let code): throw FileLockError(code, path: path, mode: .exclusive, operation: "make")
        }
    }

    /// `O_TMPFILE`, which C makes of two flags.
    private static let temporaryFile: Int32 = 0o20000000 | O_DIRECTORY

    /// The path up to and with its last slash.
    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }
}
