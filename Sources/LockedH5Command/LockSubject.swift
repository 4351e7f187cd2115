import LockedH5Client

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `lock` and `locks` are asked about: a file here, or one that a server serves.
enum LockSubject {
    case path(String)
    case served(ServedFile)

    /// A file of a server.
    struct ServedFile {
        /// The server's address, with the path under which it is mounted.
        var server: URL
        var file: ServedPath
    }

    /// - Throws: `Address.NotUnderstood` for a URL that names no file of a server.
    init(_ text: String) throws(Address.NotUnderstood) {
        switch try Address(text).place {
        case .here(let path): self = .path(path)
        case .served(let served): self = .served(ServedFile(server: served.server, file: try served.file(text)))
        }
    }
}
