import CProcess
import FileLock
import Glibc
import H5Model

/// A file's path under the root: its names without slashes.
typealias FilePath = [[UInt8]]

/// The served directory: finds and opens names beneath it, and nothing else.
final class ServedRoot {
    let descriptor: Int32
    /// How the host's programs name what is below it.
    let names: ServedNames

    init(_ path: String) throws(GateError) {
        descriptor = Glibc.open(path, lh5_open_path | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw GateError.system("cannot serve \(path)", errno) }
        var directories = path.hasPrefix("/") ? [ServedNames.names(in: path.utf8)] : []
        if let real = realpath(path, nil) {
            directories.append(ServedNames.names(in: String(cString: real).utf8))
            free(real)
        }
        names = ServedNames(directories: directories)
    }

    deinit {
        close(descriptor)
    }

    enum Kind { case file, directory }

    /// What a request's path leads to: the first regular file on the way, and the names that follow it.
    struct Found {
        var kind: Kind
        var path: FilePath
        var rest: [[UInt8]]
    }

    /// - Throws: `not_found`, `forbidden` (a way out of the root, no permission, a device or pipe).
    func find(_ names: [[UInt8]]) throws(ServiceError) -> Found {
        var path: FilePath = []
        for name in names {
            path.append(name)
            switch try kind(path) {
            case S_IFDIR: continue
            case S_IFREG: return Found(kind: .file, path: path, rest: Array(names.dropFirst(path.count)))
            default: throw ServiceError(.forbidden, "\(path.text) is neither a regular file nor a directory")
            }
        }
        _ = try status(path)
        return Found(kind: .directory, path: path, rest: [])
    }

    /// The kind of what `path` seems to lead to, in one quick call. Whether the way leaves the root is told by whoever
    /// opens it, and here where the call fails.
    private func kind(_ path: FilePath) throws(ServiceError) -> mode_t {
        var status = stat()
        if path.last?.first == UInt8(ascii: ".") || fstatat(descriptor, Self.name(path), &status, 0) < 0 {
            status = try self.status(path)
        }
        return status.st_mode & S_IFMT
    }

    /// The status of what `path` leads to, symbolic links followed.
    func status(_ path: FilePath) throws(ServiceError) -> stat {
        let handle = try self.handle(path)
        defer { close(handle) }
        var status = stat()
        if fstat(handle, &status) < 0 { throw Self.error(errno, path) }
        return status
    }

    /// Whether `path` still leads to that file.
    func leads(_ path: FilePath, to identity: FileIdentity) -> Bool {
        var status = stat()
        let found = fstatat(descriptor, Self.name(path), &status, 0)
        return found == 0 && FileIdentity(status) == identity
    }

    /// Opens a regular file for reading, or for both where it is to be locked exclusively (NFS asks for that). It never
    /// waits, whatever the name leads to meanwhile.
    func openFile(_ path: FilePath, _ mode: LockMode) throws(ServiceError) -> (descriptor: Int32, status: stat) {
        let flags = mode == .shared ? O_RDONLY : O_RDWR
        let handle = try open(path, flags | O_NONBLOCK | O_NOCTTY, mode == .shared ? "read" : "write")
        var status = stat()
        guard fstat(handle, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(handle)
            throw ServiceError(.forbidden, "\(path.text) is not a regular file")
        }
        return (handle, status)
    }

    func openDirectory(_ path: FilePath) throws(ServiceError) -> Int32 {
        try open(path, O_RDONLY | O_DIRECTORY)
    }

    /// A descriptor of what `path` leads to, for nothing but to ask about it.
    func handle(_ path: FilePath) throws(ServiceError) -> Int32 {
        try open(path, lh5_open_path)
    }

    /// Opens a name beneath the root; hidden names are not there.
    private func open(_ path: FilePath, _ flags: Int32, _ verb: String = "read") throws(ServiceError) -> Int32 {
        if path.contains(where: { $0.first == UInt8(ascii: ".") }) { throw Self.error(ENOENT, path) }
        let handle = lh5_open_beneath(descriptor, Self.name(path), flags)
        if handle < 0 { throw Self.error(errno, path, verb) }
        return handle
    }

    /// The path as a C string, relative to the root.
    private static func name(_ path: FilePath) -> [CChar] {
        let bytes = path.isEmpty ? [UInt8(ascii: ".")] : path.joinedBytes
        return bytes.map(CChar.init(bitPattern:)) + [0]
    }

    static func error(_ code: Int32, _ path: FilePath, _ verb: String = "read") -> ServiceError {
        switch code {
        case EEXIST, ENOTEMPTY: ServiceError(.exists, "\(path.text) exists already")
        case ENOSPC, EDQUOT, EFBIG: ServiceError(.outOfSpace, "there is no room for \(path.text)")
        case EROFS: ServiceError(.forbidden, "\(path.text) lies on a file system that is read-only")
        case ETXTBSY: ServiceError(.locked, "\(path.text) is being run as a program")
        case ENOENT, ENOTDIR, ENAMETOOLONG: ServiceError(.notFound, "no file or directory \(path.text)")
        case EXDEV: ServiceError(.forbidden, "\(path.text) leads out of the served directory")
        case ELOOP: ServiceError(.forbidden, "\(path.text) has symbolic links that lead to one another")
        case EACCES, EPERM: ServiceError(.forbidden, "the server may not \(verb) \(path.text)")
        case EAGAIN: ServiceError(.unavailable, "\(path.text) is held by a lease of another program; try again")
        case EMFILE, ENFILE, ENOMEM: ServiceError(.unavailable, "the server has too many files open; try again")
        default:
            ServiceError(.internal, "\(path.text) cannot be opened: \(String(cString: strerror(code)))")
        }
    }
}

extension FilePath {
    /// The path's bytes, divided by slashes.
    var joinedBytes: [UInt8] { [UInt8](joined(separator: CollectionOfOne(UInt8(ascii: "/")))) }

    /// The path for a message; the root is `/`.
    var text: String { isEmpty ? "/" : String(decoding: joinedBytes, as: UTF8.self) }
}
