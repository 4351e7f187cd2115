package import H5Model
package import HTTPMessage

/// A directory of this machine, told of as the server tells of those that it serves.
package enum LocalDirectory {
    /// A page of its files and directories: the body of `GET /v1/files/DIR/`, whose hrefs lead nowhere.
    /// - Throws: `not_found`, `forbidden`, `invalid`.
    package static func listing(_ path: String, _ query: Query) throws(ServiceError) -> [UInt8] {
        let root: ServedRoot
        do throws(GateError) {
            root = try ServedRoot(path)
        } catch {
            throw ServiceError(.forbidden, "the directory \(path) cannot be opened")
        }
        let response = try DirectoryListing(root: root, path: [], query: query).response()
        guard case .bytes(let body) = response.body else {
            throw ServiceError(.internal, "the listing of \(path) is no body")
        }
        return body
    }
}
