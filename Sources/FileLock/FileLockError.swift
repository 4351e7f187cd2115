import Glibc

/// Why a file could not be locked; names are last components, never whole paths.
public enum FileLockError: Error, Equatable, Sendable {
    case notFound(name: String)
    /// A directory, FIFO, socket or device.
    case notRegular(name: String)
    /// The file, or its file system, does not allow the access that the lock's mode needs.
    case permission(name: String, mode: FileLock.Mode)
    /// Others held it for all of `waited`; `holders` are the processes on this machine that do, as far as it tells.
    case locked(name: String, mode: FileLock.Mode, waited: Duration, holders: [Int32])
    /// Any other refusal of the system, and what was being done.
    case system(errno: Int32, operation: String)

    init(_ code: Int32, path: String, mode: FileLock.Mode, operation: String) {
        let name = lastComponent(of: path)
        switch code {
        case ENOENT, ENOTDIR: self = .notFound(name: name)
        case EACCES, EPERM, EROFS: self = .permission(name: name, mode: mode)
        // What opening a directory for writing, or a socket, says.
        case EISDIR, ENXIO, ENODEV: self = .notRegular(name: name)
        default: self = .system(errno: code, operation: "\(operation) \(name)")
        }
    }
}

extension FileLockError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let name): "there is no file \(name)"
        case .notRegular(let name): "\(name) is not a regular file"
        case .permission(let name, let mode):
            "\(name) may not be opened for \(mode == .shared ? "reading" : "writing")"
        case .locked(let name, let mode, let waited, let holders):
            "\(name) could not be locked (\(mode.rawValue)) in \(seconds(waited)) s: it is locked by "
                + culprits(holders)
        case .system(let code, let operation): "cannot \(operation): \(String(cString: strerror(code)))"
        }
    }

    private func culprits(_ holders: [Int32]) -> String {
        switch holders.count {
        case 0: "another process"
        case 1: "process \(holders[0])"
        default: "processes \(holders.map(String.init).joined(separator: ", "))"
        }
    }

    /// Seconds with one decimal.
    private func seconds(_ time: Duration) -> String {
        let tenths = time / .milliseconds(100)
        return "\(tenths.rounded() / 10)"
    }
}

/// What a person calls the file, and all that a message may show of a path.
func lastComponent(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}
