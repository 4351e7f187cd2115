import FileLock
import Glibc
import H5Model

/// What a look at a name shows.
enum Sighting: Equatable {
    case file(FileStamp)
    case directory(FileIdentity)
    /// A symbolic link to a directory; what is in it is told under the directory's own name.
    case linkedDirectory

    var isDirectory: Bool {
        if case .file = self { false } else { true }
    }

    /// Whether it is the same thing with the same content. Permissions and the number of links are not content.
    func isSame(as other: Sighting) -> Bool {
        guard case (.file(let one), .file(let two)) = (self, other) else { return self == other }
        return one.identity == two.identity && one.size == two.size && one.modified == two.modified
    }
}

extension ServedRoot {
    /// Looks at a name in an open directory; nil where there is neither a file nor a directory.
    /// - Parameter path: The name's path, to follow a symbolic link beneath the root.
    /// - Throws: What keeps it from being looked at.
    func sight(_ name: [UInt8], in directory: Int32, at path: FilePath) throws(ServiceError) -> Sighting? {
        var status = stat()
        let cName = name.map(CChar.init(bitPattern:)) + [0]
        guard fstatat(directory, cName, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw Self.error(errno, path)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file(FileStamp(status))
        case S_IFDIR: return .directory(FileIdentity(status))
        case S_IFLNK: return try sightThroughLink(path)
        default: return nil
        }
    }

    private func sightThroughLink(_ path: FilePath) throws(ServiceError) -> Sighting? {
        do throws(ServiceError) {
            let target = try status(path)
            return switch target.st_mode & S_IFMT {
            case S_IFREG: .file(FileStamp(target))
            case S_IFDIR: .linkedDirectory
            default: nil
            }
        } catch {
            // A broken link, or one that leads out of the root, is nothing that is served.
            if error.code == .notFound || error.code == .forbidden { return nil }
            throw error
        }
    }

    /// The path without symbolic links of what `path` leads to.
    /// - Throws: `not_found`, `forbidden`.
    func ownPath(of path: FilePath) throws(ServiceError) -> FilePath {
        let file = Descriptor(try handle(path))
        let (own, root) = (Self.systemPath(file.number), Self.systemPath(descriptor))
        guard own.starts(with: root) else { throw Self.error(EXDEV, path) }
        return FilePath(own.dropFirst(root.count))
    }

    /// The path without symbolic links of a name that there may be, or come to be.
    func ownName(of path: FilePath) -> FilePath {
        guard let name = path.last, let parent = try? ownPath(of: FilePath(path.dropLast())) else { return path }
        return parent + [name]
    }

    /// Where the system says that a descriptor leads, name by name.
    private static func systemPath(_ descriptor: Int32) -> FilePath {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
        let bytes = buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:))
        return bytes.split(separator: UInt8(ascii: "/")).map(Array.init)
    }

    /// The names in an open directory, which is closed; hidden names are not there.
    /// - Throws: `internal`.
    static func names(in descriptor: Int32, _ path: FilePath) throws(ServiceError) -> [[UInt8]] {
        guard let directory = fdopendir(descriptor), let place = MemoryLayout<dirent>.offset(of: \dirent.d_name) else {
            close(descriptor)
            throw ServiceError(.internal, "\(path.text) cannot be listed: \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            // The entry ends with its name, wherever the structure's last member would.
            let start = UnsafeRawPointer(entry).advanced(by: place)
            let length = strlen(start.assumingMemoryBound(to: CChar.self))
            let name = Array(UnsafeRawBufferPointer(start: start, count: length))
            if name.first != UInt8(ascii: ".") { names.append(name) }
        }
        return names
    }
}
