import H5Model
import HTTPMessage
import LockedH5Client

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a command is about, as a person writes it: `DIR/FILE.h5/GROUP/DATASET`, here or behind the address of a server.
///
/// Where the file ends is found on the file system: it is the first regular file on the way. A slash at the end means the
/// root group of a file, and the inside of a directory or a group.
struct Address {
    /// As it was typed.
    var text: String
    var place: Place

    enum Place {
        case here(String)
        case served(Served)
    }

    /// A place at a server.
    struct Served {
        /// The server's address, with the path under which it is mounted.
        var server: URL
        /// The names of the way, from the served directory on.
        var names: [HDF5Name]
        /// The object's path, where the URL tells it apart, with `path=`.
        var object: ObjectPath?
    }

    /// Why a URL is no address, as a sentence.
    struct NotUnderstood: Error, CustomStringConvertible {
        var description: String
    }

    /// - Throws: `NotUnderstood` for a URL that names nothing of a server.
    init(_ text: String) throws(NotUnderstood) {
        let isURL = ["http://", "https://"].contains { text.lowercased().hasPrefix($0) }
        self.text = text
        place = isURL ? .served(try Served(text)) : .here(text)
    }

    /// Whether it means what is inside.
    var endsWithSlash: Bool {
        switch place {
        case .here(let path): return path.hasSuffix("/")
        case .served(let served):
            if let object = served.object { return object.isRoot }
            return text.prefix { $0 != "?" }.hasSuffix("/")
        }
    }
}

extension Address.Served {
    /// What stands between `/v1` and the names in the URLs of the native interface.
    private static let resources = [
        "files", "locks", "raw", "groups", "datasets", "datatypes", "values", "attributes", "links", "tree",
        "dimensions",
        "events", "copies", "repack", "batch",
    ].map { Array($0.utf8) }

    /// `SERVER/v1/RESOURCE/FILE/PATH`, `SERVER/v1/RESOURCE?file=FILE&path=PATH`, or `http://HOST:PORT/FILE/PATH`.
    fileprivate init(_ text: String) throws(Address.NotUnderstood) {
        let target: RequestTarget
        do throws(TargetError) {
            target = try RequestTarget(parsing: Array(text.utf8))
        } catch {
            throw Address.NotUnderstood(description: "\(text): \(error.message)")
        }
        let segments = target.segments
        let version = segments.indices.dropLast().first { place in
            segments[place].elementsEqual("v1".utf8) && Self.resources.contains(segments[place + 1])
        }
        let base = version.map { segments[..<$0] } ?? []
        names = segments[(version.map { $0 + 2 } ?? 0)...].map(HDF5Name.init(bytes:))
        if let file = target.query.first("file"), names.isEmpty {
            names = file.split(separator: UInt8(ascii: "/")).map(HDF5Name.init(bytes:))
        }
        object = target.query.first("path").map(ObjectPath.init(bytes:))
        guard let server = Self.server(text, base) else {
            throw Address.NotUnderstood(description: "\(text) is not the address of a server: http://HOST:PORT/FILE")
        }
        self.server = server
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

    /// All names as those of one file.
    /// - Throws: `NotUnderstood` where there are none.
    func file(_ text: String) throws(Address.NotUnderstood) -> ServedPath {
        if !names.isEmpty { return ServedPath(names: names) }
        throw Address.NotUnderstood(
            description: "\(text) names no file of a server: http://HOST:PORT/v1/files/FILE")
    }
}
