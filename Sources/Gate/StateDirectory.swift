import CProcess
import Glibc
import H5Model

/// The server's own directory: spools, and the list of open transactions. Never shared by two servers.
final class StateDirectory {
    private let descriptor: Int32
    private let lock: Int32

    /// - Parameter path: nil for the first free one of this user's: `$STATE_DIRECTORY` (systemd), else
    ///   `$XDG_STATE_HOME/lockedh5` or `~/.local/state/lockedh5`, in it `server-0`, `server-1`, ...
    init(_ path: String?) throws(GateError) {
        if let path {
            try Self.make(path)
            (descriptor, lock) = try Self.take(path)
                .unwrap("the state directory \(path) is used by another server; each needs its own")
            return
        }
        let base = Self.defaultBase()
        for number in 0..<1000 {
            let path = "\(base)/server-\(number)"
            try Self.make(path)
            if let taken = try Self.take(path) {
                (descriptor, lock) = taken
                return
            }
        }
        throw GateError("no free state directory under \(base); give one with --state")
    }

    deinit {
        close(lock)
        close(descriptor)
    }

    /// An unnamed file for a body that is completed before anything is done with it.
    /// - Throws: `out_of_space`, `internal`.
    func spool() throws(ServiceError) -> Descriptor {
        let file = openat(descriptor, ".", lh5_open_unnamed | O_RDWR | O_CLOEXEC, 0o600)
        if file >= 0 { return Descriptor(file) }
        let code = errno
        if code == ENOSPC || code == EDQUOT { throw ServiceError(.outOfSpace, "the server has no room for a spool") }
        throw ServiceError(.internal, "a spool cannot be made: \(String(cString: strerror(code)))")
    }

    /// The list of open transactions, as the last server left it.
    func openTransactions() throws(GateError) -> OpenTransactions {
        let file = openat(descriptor, "transactions", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if file < 0 { throw GateError.system("the list of open transactions cannot be opened", errno) }
        return OpenTransactions(Descriptor(file))
    }

    private static func defaultBase() -> String {
        if let path = variable("STATE_DIRECTORY") { return path.split(separator: ":").first.map(String.init) ?? path }
        if let path = variable("XDG_STATE_HOME") { return "\(path)/lockedh5" }
        if let home = variable("HOME") { return "\(home)/.local/state/lockedh5" }
        return "/run/user/\(getuid())/lockedh5"
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name).map({ String(cString: $0) }), value.hasPrefix("/") else { return nil }
        return value
    }

    private static func make(_ path: String) throws(GateError) {
        var made = path.hasPrefix("/") ? "" : "."
        for name in path.split(separator: "/") {
            made += "/\(name)"
            if mkdir(made, 0o700) < 0 && errno != EEXIST {
                throw GateError.system("the state directory \(path) cannot be made", errno)
            }
        }
    }

    /// The directory and its lock; nil where another server has it.
    private static func take(_ path: String) throws(GateError) -> (Int32, Int32)? {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory < 0 { throw GateError.system("the state directory \(path) cannot be opened", errno) }
        let lock = openat(directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if lock < 0 {
            let code = errno
            close(directory)
            throw GateError.system("the state directory \(path) cannot be written", code)
        }
        if flock(lock, LOCK_EX | LOCK_NB) == 0 { return (directory, lock) }
        close(lock)
        close(directory)
        return nil
    }
}

extension Optional {
    fileprivate func unwrap(_ message: String) throws(GateError) -> Wrapped {
        guard let self else { throw GateError(message) }
        return self
    }
}
