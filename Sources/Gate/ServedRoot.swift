import CProcess
import FileLock
import Glibc
import H5Model

/// A file's path under the root: its names without slashes.
typealias FilePath = [[UInt8]]

/// The served directory: finds and opens names beneath it, and nothing else.
final class ServedRoot {
    let descriptor: Int32

    init(_ path: String) throws(GateError) {
        descriptor = Glibc.open(path, lh5_open_path | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw GateError.system("cannot serve \(path)", errno) }
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
        var status: stat
    }

    /// - Throws: `not_found`, `forbidden` (a way out of the root, no permission, a device or pipe).
    func find(_ names: [[UInt8]]) throws(ServiceError) -> Found {
        var path: FilePath = []
        var status = try self.status(path)
        for name in names {
            path.append(name)
            status = try self.status(path)
            switch status.st_mode & S_IFMT {
            case S_IFDIR: continue
            case S_IFREG:
                let rest = Array(names.dropFirst(path.count))
                return Found(kind: .file, path: path, rest: rest, status: status)
            default: throw ServiceError(.forbidden, "\(path.text) is neither a regular file nor a directory")
            }
        }
        return Found(kind: .directory, path: path, rest: [], status: status)
    }

    /// The status of what `path` leads to, symbolic links followed.
    func status(_ path: FilePath) throws(ServiceError) -> stat {
        let handle = try open(path, lh5_open_path)
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
    func openFile(_ path: FilePath, _ mode: LockMode) throws(ServiceError) -> Int32 {
        let handle = try open(path, (mode == .shared ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_NOCTTY)
        var status = stat()
        guard fstat(handle, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(handle)
            throw ServiceError(.forbidden, "\(path.text) is not a regular file")
        }
        return handle
    }

    func openDirectory(_ path: FilePath) throws(ServiceError) -> Int32 {
        try open(path, O_RDONLY | O_DIRECTORY)
    }

    /// Opens a name beneath the root; hidden names are not there.
    private func open(_ path: FilePath, _ flags: Int32) throws(ServiceError) -> Int32 {
        if path.contains(where: { $0.first == UInt8(ascii: ".") }) { throw Self.error(ENOENT, path) }
        let handle = lh5_open_beneath(descriptor, Self.name(path), flags)
        if handle < 0 { throw Self.error(errno, path) }
        return handle
    }

    /// The path as a C string, relative to the root.
    private static func name(_ path: FilePath) -> [CChar] {
        let bytes = path.isEmpty ? [UInt8(ascii: ".")] : path.joinedBytes
        return bytes.map(CChar.init(bitPattern:)) + [0]
    }

    private static func error(_ code: Int32, _ path: FilePath) -> ServiceError {
        switch code {
        case ENOENT, ENOTDIR, ENAMETOOLONG: ServiceError(.notFound, "no file or directory \(path.text)")
        case EXDEV: ServiceError(.forbidden, "\(path.text) leads out of the served directory")
        case ELOOP: ServiceError(.forbidden, "\(path.text) has symbolic links that lead to one another")
        case EACCES, EPERM: ServiceError(.forbidden, "the server may not read \(path.text)")
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
