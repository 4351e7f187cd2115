import CProcess
import FileLock
import Glibc
import H5Model

/// A file that is complete, and locked, before it has its name.
///
/// It is unnamed until then. Where the file system has no unnamed files it has a hidden name, which is not served.
final class NewFile {
    let place: Place
    let descriptor: Descriptor
    private var temporary: [CChar]?

    /// - Throws: `forbidden`, `out_of_space`, `unavailable`, `internal`.
    init(_ place: Place, _ rights: EntryRights) throws(ServiceError) {
        self.place = place
        let directory = place.directory.number
        var number = openat(directory, ".", lh5_open_unnamed | O_RDWR | O_CLOEXEC, 0o600)
        if number < 0 && [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(errno) {
            let name = Self.hiddenName()
            number = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            temporary = name
        }
        if number < 0 { throw ServedRoot.error(errno, place.path, "write") }
        descriptor = Descriptor(number)
        let code = rights.apply(to: number)
        if code != 0 { throw ServedRoot.error(code, place.path, "give the configured mode and group to") }
        // Nobody else can have it; so it appears locked.
        if flock(number, LOCK_EX | LOCK_NB) < 0 {
            throw ServiceError(.unavailable, "\(place.path.text) cannot be locked: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        removeTemporary()
    }

    private static let mark = ".lockedh5-"

    /// Whether a path is one that only this type gives, and only for a while.
    static func isHidden(_ path: FilePath) -> Bool { path.last?.starts(with: mark.utf8) ?? false }

    private static func hiddenName() -> [CChar] {
        (mark + String(UInt64.random(in: 0...UInt64.max), radix: 36)).utf8CString.map { $0 }
    }

    /// The hidden name that the file has, or will have for a moment while it replaces another.
    private(set) lazy var hiddenPath: FilePath = {
        let name = temporary ?? Self.hiddenName()
        return place.path.dropLast() + [name.dropLast().map(UInt8.init(bitPattern:))]
    }()

    private func removeTemporary() {
        if let temporary { unlinkat(place.directory.number, temporary, 0) }
        temporary = nil
    }

    /// Gives the file its name.
    /// - Returns: false where the name is taken.
    /// - Throws: `forbidden`, `out_of_space`, `internal`.
    func publish() throws(ServiceError) -> Bool {
        if link(to: place.cName) {
            removeTemporary()
            return true
        }
        if errno == EEXIST { return false }
        throw ServedRoot.error(errno, place.path, "write")
    }

    /// Gives the file the name of another, which loses it.
    /// - Throws: `forbidden`, `out_of_space`, `internal`.
    func publishReplacing() throws(ServiceError) {
        if temporary == nil {
            let name = (hiddenPath.last ?? []).map(CChar.init(bitPattern:)) + [0]
            guard link(to: name) else { throw ServedRoot.error(errno, place.path, "write") }
            temporary = name
        }
        guard let temporary, renameat(place.directory.number, temporary, place.directory.number, place.cName) == 0
        else { throw ServedRoot.error(errno, place.path, "write") }
        self.temporary = nil
    }

    /// Others may have the file from now on.
    func unlock() {
        flock(descriptor.number, LOCK_UN)
    }

    private func link(to name: [CChar]) -> Bool {
        let directory = place.directory.number
        if let temporary { return linkat(directory, temporary, directory, name, 0) == 0 }
        return linkat(AT_FDCWD, "/proc/self/fd/\(descriptor.number)", directory, name, AT_SYMLINK_FOLLOW) == 0
    }

    /// Takes over owner, permissions, access lists and other extended attributes, as far as the system allows.
    func takeRights(of other: Int32) {
        FileRights.copy(from: other, to: descriptor.number)
    }
}
