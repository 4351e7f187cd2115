import H5Model
import HTTPMessage
import Routes

/// The file and the object that a request names: in its path, or as `?file=` and `?path=`.
struct Subject {
    let match: Router.Match
    let query: Query
    private let pathEndsWithSlash: Bool

    init(_ match: Router.Match, _ target: RequestTarget) {
        self.match = match
        query = target.query
        pathEndsWithSlash = target.hasTrailingSlash
    }

    /// Whether the name ends with a slash, which only a directory's may.
    var namesDirectory: Bool {
        query.first("file").map { $0.last == UInt8(ascii: "/") } ?? pathEndsWithSlash
    }

    /// The names of a directory or file under the root.
    /// - Throws: `invalid`.
    func fileNames() throws(ServiceError) -> [[UInt8]] {
        guard let file = query.first("file") else { return match.rest }
        guard match.rest.isEmpty else {
            throw ServiceError(.invalid, "the file is named twice: in the path and as \"file\" in the query")
        }
        return try FilePath(parsing: file, as: "the query's \"file\"")
    }

    /// The path of a file that is all that is named.
    /// - Throws: `invalid`, `not_found`, `forbidden`, `wrong_kind`.
    func file(in root: ServedRoot) throws(ServiceError) -> FilePath {
        let found = try find(in: root)
        guard found.rest.isEmpty else {
            let name = (found.path + found.rest).text
            throw ServiceError(.notFound, "no file \(name): \(found.path.text) is a file, not a directory")
        }
        return found.path
    }

    /// The path of a file, and an object's path inside it.
    /// - Throws: `invalid`, `not_found`, `forbidden`, `wrong_kind`.
    func object(in root: ServedRoot) throws(ServiceError) -> (FilePath, ObjectPath) {
        let found = query.first("file") == nil ? try find(in: root) : nil
        let path = if let found { found.path } else { try file(in: root) }
        let rest = found?.rest ?? []
        guard let named = query.first("path") else { return (path, ObjectPath(names: rest.map(HDF5Name.init(bytes:)))) }
        guard rest.isEmpty else {
            throw ServiceError(.invalid, "the object is named twice: in the path and as \"path\" in the query")
        }
        return (path, ObjectPath(bytes: named))
    }

    private func find(in root: ServedRoot) throws(ServiceError) -> ServedRoot.Found {
        let names = try fileNames()
        if names.isEmpty { throw ServiceError(.invalid, "no file is named; \(match.route.prefix)/FILE or ?file=FILE") }
        let found = try root.find(names)
        if found.kind == .directory {
            throw ServiceError(.wrongKind, "\(found.path.text) is a directory, not a file")
        }
        return found
    }
}

extension FilePath {
    /// The names of a path under the root as a client writes it.
    /// - Parameter subject: What the text is, for messages.
    /// - Throws: `invalid` for dot segments and NUL bytes.
    init(parsing text: [UInt8], as subject: String) throws(ServiceError) {
        self = text.split(separator: UInt8(ascii: "/")).map { [UInt8]($0) }
        if contains(where: { RequestTarget.isDotSegment($0) }) {
            throw ServiceError(.invalid, "\(subject) has a segment \".\" or \"..\"")
        }
        if text.contains(0) { throw ServiceError(.invalid, "\(subject) has a NUL byte, which no name can contain") }
    }
}
