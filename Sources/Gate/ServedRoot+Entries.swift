import CProcess
import FileLock
import Glibc
import H5Model

/// Who may do what with new files and directories.
struct EntryRights {
    var mode: mode_t
    /// Nil: the group that the system gives.
    var group: gid_t?

    /// Whoever may read a directory may also search it.
    var directoryMode: mode_t { mode | (mode & 0o444) >> 2 }

    func apply(to descriptor: Int32, isDirectory: Bool = false) -> Int32 {
        if let group, fchown(descriptor, uid_t.max, group) < 0 { return errno }
        return fchmod(descriptor, isDirectory ? directoryMode : mode) < 0 ? errno : 0
    }
}

/// A name in an open directory under the root: made, renamed and removed there, wherever the directory is moved.
struct Place {
    let directory: Descriptor
    let path: FilePath

    var name: String { String(decoding: path.last ?? [], as: UTF8.self) }

    /// The name as C takes it.
    var cName: [CChar] { (path.last ?? []).map(CChar.init(bitPattern:)) + [0] }

    /// What has the name now; nil for nothing. A symbolic link is not followed.
    func status() throws(ServiceError) -> stat? {
        var status = stat()
        if fstatat(directory.number, cName, &status, AT_SYMLINK_NOFOLLOW) == 0 { return status }
        if errno == ENOENT { return nil }
        throw ServedRoot.error(errno, path)
    }
}

extension ServedRoot {
    /// The place where `path` is or may come to be.
    /// - Parameter makes: Missing directories on the way are made with these rights.
    /// - Throws: `invalid`, `not_found` where the directory is not there, `forbidden`.
    func place(_ path: FilePath, making makes: EntryRights? = nil) throws(ServiceError) -> Place {
        guard let name = path.last else {
            throw ServiceError(.invalid, "the served directory itself cannot be changed")
        }
        if let hidden = path.first(where: { $0.first == UInt8(ascii: ".") }) {
            let text = String(decoding: hidden, as: UTF8.self)
            throw ServiceError(.invalid, "the name \(text) begins with a dot: such files are not served")
        }
        if name.count > 255 || path.contains(where: { $0.count > 255 }) {
            throw ServiceError(.invalid, "a name has more than 255 bytes")
        }
        if let makes { try makeDirectories(path.dropLast(), makes) }
        let parent = FilePath(path.dropLast())
        do throws(ServiceError) {
            return Place(directory: Descriptor(try openDirectory(parent)), path: path)
        } catch {
            guard error.code == .notFound else { throw error }
            throw ServiceError(.notFound, "no directory \(parent.text) for \(path.text)")
        }
    }

    private func makeDirectories(_ path: FilePath, _ rights: EntryRights) throws(ServiceError) {
        for length in path.indices.map({ $0 + 1 }) {
            let place = try place(FilePath(path[..<length]))
            if try place.status() == nil { try makeDirectory(place, rights) }
        }
    }

    /// - Throws: `exists`, `forbidden`, `out_of_space`.
    func makeDirectory(_ place: Place, _ rights: EntryRights) throws(ServiceError) {
        if mkdirat(place.directory.number, place.cName, rights.directoryMode) < 0 {
            throw Self.error(errno, place.path, "write")
        }
        let made = Descriptor(try openDirectory(place.path))
        let code = rights.apply(to: made.number, isDirectory: true)
        if code != 0 { throw Self.error(code, place.path, "give the configured mode and group to") }
    }

    /// Removes an empty directory, or a name of a file.
    /// - Throws: `exists` for a directory that is not empty, `not_found`, `forbidden`.
    func remove(_ place: Place, isDirectory: Bool) throws(ServiceError) {
        if unlinkat(place.directory.number, place.cName, isDirectory ? AT_REMOVEDIR : 0) == 0 { return }
        if errno == ENOTEMPTY { throw ServiceError(.exists, "the directory \(place.path.text) is not empty") }
        throw Self.error(errno, place.path, "remove")
    }

    /// - Throws: `exists` where the new name is taken, `invalid` for a directory into itself, `forbidden`.
    func rename(_ place: Place, to target: Place) throws(ServiceError) {
        let result = lh5_rename_new(place.directory.number, place.cName, target.directory.number, target.cName)
        if result == 0 { return }
        switch errno {
        case EINVAL: throw ServiceError(.invalid, "\(place.path.text) cannot be moved into itself")
        case EEXIST: throw Self.error(EEXIST, target.path)
        case ENOENT: throw Self.error(ENOENT, place.path)
        case EXDEV: throw ServiceError(.unsupported, "\(target.path.text) lies on another file system: copy and remove")
        default: throw Self.error(errno, place.path, "rename")
        }
    }
}
