import CProcess
import FileLock
import Glibc
import H5Model
import LockedH5

/// Changes of files and directories of this machine themselves, under the rules that a server has for its own.
enum LocalEntries {
    /// - Throws: `exists` unless it is there already and is to be required.
    static func makeDirectory(_ path: String, withParents: Bool) throws(ServiceError) {
        if withParents {
            let parts = path.split(separator: "/", omittingEmptySubsequences: true)
            for count in parts.indices.map({ $0 + 1 }).dropLast() {
                let parent = (path.hasPrefix("/") ? "/" : "") + parts[..<count].joined(separator: "/")
                if mkdir(parent, 0o777) != 0 && errno != EEXIST { throw failure(parent, "made") }
            }
        }
        if mkdir(path, 0o777) == 0 { return }
        let code = errno
        var status = stat()
        if code == EEXIST, withParents, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        errno = code
        throw failure(path, "made")
    }

    /// - Throws: `exists` where the new name is taken.
    static func rename(_ path: String, to target: String) throws(ServiceError) {
        if takeName(path, target) { return }
        switch errno {
        case EXDEV: throw ServiceError(.unsupported, "\(target) lies on another file system: copy and remove")
        case EINVAL: throw ServiceError(.invalid, "\(path) cannot be moved into itself")
        default: throw failure(errno == ENOENT ? "the directory of \(target)" : target, "renamed to")
        }
    }

    private static func takeName(_ path: String, _ target: String) -> Bool {
        if lh5_rename_new(AT_FDCWD, path, AT_FDCWD, target) == 0 { return true }
        // NFS, for one, cannot rename so; a directory that is moved into itself has no second link either.
        guard errno == EINVAL else { return false }
        if link(path, target) == 0 { return unlink(path) == 0 }
        if errno != EEXIST { errno = EINVAL }
        return false
    }

    /// Removes an empty directory, or a name of a file.
    static func remove(_ path: String, isDirectory: Bool) throws(ServiceError) {
        if (isDirectory ? rmdir(path) : unlink(path)) == 0 { return }
        if errno == ENOTEMPTY { throw ServiceError(.exists, "the directory \(path) is not empty") }
        throw failure(path, "removed")
    }

    /// Copies a file under its shared lock; the copy appears under its name when it is complete.
    static func copyFile(
        _ path: String, to target: String, replacing: Bool = false, _ locks: LocalLocks
    ) throws(ServiceError) {
        try taking(target, replacing, locks) { isThere throws(ServiceError) in
            try locks.hold(path, .shared) { source throws(ServiceError) in
                try makeCopy(of: source, at: target, replacing: isThere)
            }
        }
    }

    /// Gives a file that is complete its name.
    static func publish(
        _ path: String, as target: String, replacing: Bool, _ locks: LocalLocks
    ) throws(ServiceError) {
        try taking(target, replacing, locks) { isThere throws(ServiceError) in
            if !isThere { return try rename(path, to: target) }
            if Glibc.rename(path, target) != 0 { throw failure(target, "replaced") }
        }
    }

    /// Gives a name away: of a file that has it nobody else holds the lock meanwhile.
    /// - Throws: `exists` where the name is taken and that is not to be replaced; `locked`.
    private static func taking(
        _ target: String, _ replacing: Bool, _ locks: LocalLocks,
        _ body: (_ isThere: Bool) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        if access(target, F_OK) != 0 { return try body(false) }
        if !replacing { throw ServiceError(.exists, "\(target) exists already") }
        try locks.hold(target, .exclusive) { _ throws(ServiceError) in try body(true) }
    }

    private static func makeCopy(of source: Int32, at target: String, replacing: Bool) throws(ServiceError) {
        do throws(FileLockError) {
            let copy = try NewFile(target)
            if lh5_reflink(copy.descriptor, source) != 0 {
                try copyBytes(from: source, to: copy.descriptor, target)
            }
            if replacing { return try copy.publishReplacing() }
            if try copy.publish() { return }
        } catch {
            throw ServiceError(error)
        }
        throw ServiceError(.exists, "\(target) exists already")
    }

    private static func copyBytes(from source: Int32, to copy: Int32, _ target: String) throws(FileLockError) {
        var status = stat()
        guard fstat(source, &status) == 0 else { throw .system(errno: errno, operation: "look at the file") }
        var place = 0
        while place < status.st_size {
            guard lh5_copy(source, copy, &place, status.st_size - place) > 0 else {
                throw .system(errno: errno, operation: "write \(target)")
            }
        }
        if fsync(copy) != 0 { throw .system(errno: errno, operation: "write \(target) to the disk") }
    }

    private static func failure(_ subject: String, _ verb: String) -> ServiceError {
        let code = ErrorCode(ofFile: errno)
        let sentence =
            switch code {
            case .notFound: "\(subject) is not there"
            case .exists: "\(subject) exists already"
            default: "\(subject) cannot be \(verb): \(String(cString: strerror(errno)))"
            }
        return ServiceError(code, sentence)
    }

    /// The path without symbolic links and dots.
    static func realPath(_ path: String) throws(ServiceError) -> String {
        guard let real = realpath(path, nil) else { throw failure(path, "found") }
        defer { free(real) }
        return String(cString: real)
    }

    /// The deepest directory that holds both files, which are given by their real paths.
    static func commonDirectory(_ first: String, _ second: String) -> String {
        let (first, second) = (first.split(separator: "/").dropLast(), second.split(separator: "/").dropLast())
        let common = zip(first, second).prefix { $0 == $1 }.map { $0.0 }
        return "/" + common.joined(separator: "/")
    }
}
