internal import FileLock
internal import Glibc
internal import H5Model

/// The other files of a scope: found below a directory, locked shared, and open until the scope ends.
final class LocalFiles {
    private let directory: String
    private let names: ServedNames
    private let descriptor: Int32
    private let held: Int32?
    private let attempts: Int
    private let wait: Duration
    private var opened: [Opened] = []
    /// The name of the scope's own file below the directory.
    let ownName: String

    private final class Opened {
        let file: LockedDescriptor

        init(_ file: consuming LockedDescriptor) {
            self.file = file
        }
    }

    /// - Parameters:
    ///   - path: Of the scope's file, which is open and locked.
    ///   - root: The directory; nil for the one that holds the file.
    ///   - held: A descriptor of one of the others that somebody else has locked, and closes.
    /// - Throws: `not_found`; `invalid` for a file that is not below the directory.
    init(
        of path: String, _ descriptor: Int32, root: String?, held: Int32? = nil, _ attempts: Int, _ wait: Duration
    ) throws(ServiceError) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let holder = Self.real(parent), let directory = Self.real(root ?? parent) else {
            throw ServiceError(.notFound, "there is no directory of \(LockedFile.lastComponent(path))")
        }
        self.directory = directory
        self.descriptor = descriptor
        self.held = held
        (self.attempts, self.wait) = (attempts, wait)
        let root = ServedNames.names(in: directory.utf8)
        let place = ServedNames.names(in: holder.utf8)
        guard place.starts(with: root) else {
            throw ServiceError(.invalid, "\(LockedFile.lastComponent(path)) is not below the directory that was given")
        }
        names = ServedNames(directories: [root])
        let own = place.dropFirst(root.count) + [Array(LockedFile.lastComponent(path).utf8)]
        ownName = String(decoding: Array(own.joined(separator: CollectionOfOne(UInt8(ascii: "/")))), as: UTF8.self)
    }

    /// The descriptor of another file, locked; nil where nothing has the name.
    /// - Throws: `forbidden` for a file outside the directory, and as `LockedFile.read`.
    func open(_ name: [UInt8]) throws(ServiceError) -> Int32? {
        guard let below = names.names(of: name) else { throw Self.outside(name) }
        let bytes = below.joined(separator: CollectionOfOne(UInt8(ascii: "/")))
        guard let text = String(validating: Array(bytes), as: UTF8.self) else {
            throw ServiceError(.unsupported, "a file that is named by another one has a name that is not UTF-8")
        }
        let path = directory == "/" ? "/\(text)" : "\(directory)/\(text)"
        guard let real = Self.real(path) else {
            if [ENOENT, ENOTDIR].contains(errno) { return nil }
            throw ServiceError(.forbidden, "\(LockedFile.lastComponent(path)) cannot be reached: \(describe(errno))")
        }
        guard ServedNames.names(in: real.utf8).starts(with: names.directories[0]) else { throw Self.outside(name) }
        for known in [descriptor, held].compactMap(\.self) where (try? FileLock.isSameFile(known, as: real)) == true {
            return known
        }
        do throws(FileLockError) {
            let opened = Opened(try FileLock.open(real, mode: .shared, attempts: attempts, wait: wait))
            self.opened.append(opened)
            return opened.file.descriptor
        } catch {
            if case .notFound = error { return nil }
            throw ServiceError(error)
        }
    }

    private static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private static func outside(_ name: [UInt8]) -> ServiceError {
        let last = String(decoding: ServedNames.names(in: name).last ?? [], as: UTF8.self)
        return ServiceError(.forbidden, "\(last), which another file names, lies outside the directory of that one")
    }
}

private func describe(_ code: Int32) -> String { String(cString: strerror(code)) }
