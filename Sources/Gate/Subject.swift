import H5Model
import HTTPMessage
import Routes

/// The file and the object that a request names: in its path, or as `?file=` and `?path=`.
struct Subject {
    let match: Router.Match
    let query: Query

    /// The names of a directory or file under the root.
    /// - Throws: `invalid`.
    func fileNames() throws(ServiceError) -> [[UInt8]] {
        guard let file = query.first("file") else { return match.rest }
        guard match.rest.isEmpty else {
            throw ServiceError(.invalid, "the file is named twice: in the path and as \"file\" in the query")
        }
        let names = file.split(separator: UInt8(ascii: "/")).map(Array.init)
        if names.contains(where: RequestTarget.isDotSegment) {
            throw ServiceError(.invalid, "the query's \"file\" has a segment \".\" or \"..\"")
        }
        return names
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
