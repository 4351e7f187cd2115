import H5Model
import HTTPMessage
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

    /// - Throws: `NotUnderstood` for a URL that names no file of a server.
    init(_ text: String) throws(NotUnderstood) {
        let isAddress = ["http://", "https://"].contains { text.lowercased().hasPrefix($0) }
        self = isAddress ? .served(try ServedFile(text)) : .path(text)
    }

    /// Why a URL names no file, as a sentence.
    struct NotUnderstood: Error, CustomStringConvertible {
        var description: String
    }
}

extension LockSubject.ServedFile {
    /// The resources whose path behind their name is a file's.
    private static let resources: [[UInt8]] = ["files", "locks", "raw"].map { Array($0.utf8) }

    /// `SERVER/v1/files/FILE`, the same with `locks` or `raw`, `SERVER/v1/locks?file=FILE`, or `http://HOST:PORT/FILE`.
    fileprivate init(_ text: String) throws(LockSubject.NotUnderstood) {
        let target: RequestTarget
        do throws(TargetError) {
            target = try RequestTarget(parsing: Array(text.utf8))
        } catch {
            throw LockSubject.NotUnderstood(description: "\(text): \(error.message)")
        }
        let segments = target.segments
        let version = segments.indices.dropLast().first { place in
            segments[place].elementsEqual("v1".utf8) && Self.resources.contains(segments[place + 1])
        }
        let base = version.map { segments[..<$0] } ?? []
        var names = segments[(version.map { $0 + 2 } ?? 0)...].map(HDF5Name.init(bytes:))
        if let file = target.query.first("file"), names.isEmpty {
            names = file.split(separator: UInt8(ascii: "/")).map(HDF5Name.init(bytes:))
        }
        guard !names.isEmpty, let server = Self.server(text, base) else {
            throw LockSubject.NotUnderstood(
                description: "\(text) names no file of a server: http://HOST:PORT/v1/files/FILE")
        }
        (self.server, file) = (server, ServedPath(names: names))
    }

    /// The address with this path instead of its own.
    private static func server(_ text: String, _ base: ArraySlice<[UInt8]>) -> URL? {
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let host = parts[2].split(whereSeparator: { "/?#".contains($0) }).first else {
            return nil
        }
        let path = base.map { "/" + PercentCoding.encode($0) }.joined()
        return URL(string: "\(parts[0])//\(host)\(path)")
    }
}
