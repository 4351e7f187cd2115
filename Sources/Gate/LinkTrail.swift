import FileLock
import H5Model
import Routes

/// The external links that have led a request to its file, the first one first.
struct LinkTrail {
    struct Step {
        var file: FilePath
        var stamp: FileStamp
        var link: Elsewhere
    }

    private(set) var steps: [Step] = []
    /// As many as libhdf5 follows by default.
    private static let most = 16

    var isEmpty: Bool { steps.isEmpty }

    var links: [Elsewhere] { steps.map(\.link) }

    /// The states of the files that were passed.
    var states: [FileStates.Other] { steps.map { FileStates.Other(path: $0.file, stamp: $0.stamp) } }

    /// Goes on from a file to the one that a link of it names.
    /// - Throws: `not_found` for a circle, too many links, and a file that is not there; `forbidden` for one outside the
    ///   served directory.
    mutating func follow(
        _ link: Elsewhere, of file: FilePath, in stamp: FileStamp, _ root: ServedRoot
    ) throws(ServiceError) -> FilePath {
        let isKnown = steps.contains { $0.file == file && $0.link == link }
        steps.append(Step(file: file, stamp: stamp, link: link))
        if isKnown { throw ServiceError(.notFound, "external links lead in a circle: \(chain)") }
        if steps.count > Self.most {
            throw ServiceError(.notFound, "more than \(Self.most) external links lead to one another: \(chain)")
        }
        guard let found = try root.file(named: link.file, in: file) else {
            throw ServiceError(
                .notFound,
                "no file \"\(link.fileTitle)\", to which the external link \(link.link) of \(file.text) leads")
        }
        return found
    }

    private var chain: String {
        steps.map { "\($0.link.link) of \($0.file.text)" }.joined(separator: ", ")
    }

    /// The error of a request that has come so far, with the link that has led it there.
    func telling(_ error: ServiceError, of path: FilePath) -> ServiceError {
        guard let step = steps.last, error.elsewhere == nil else { return error }
        var error = error
        error.message += " (in \(path.text), to which the external link \(step.link.link) of \(step.file.text) leads)"
        return error
    }
}

extension ServedRoot {
    /// The file that another one names in a link or as a source of values, as libhdf5 looks for it: an absolute name as it
    /// is, and by its last component beside the other file; a relative one from the other file's directory on.
    ///
    /// An absolute name is one of the host's if it lies below the served directory, else one below that.
    /// - Returns: Nil where nothing has the name.
    /// - Throws: `forbidden` for a name that leads out of the served directory.
    func file(named name: [UInt8], in file: FilePath) throws(ServiceError) -> FilePath? {
        let slash = UInt8(ascii: "/")
        let parts = ServedNames.names(in: name)
        let directory = FilePath(file.dropLast())
        var places: [FilePath?] = [ServedNames.normal(directory + parts)]
        if name.first == slash {
            places = [names.names(of: name), parts.last.map { directory + [$0] }]
        }
        guard let first = places[0] else { throw Self.outside(file) }
        for place in [first] + places.dropFirst().compactMap(\.self) where try exists(place) { return place }
        return nil
    }

    private func exists(_ path: FilePath) throws(ServiceError) -> Bool {
        if path.isEmpty { return false }
        do throws(ServiceError) {
            _ = try status(path)
            return true
        } catch {
            if error.code == .notFound { return false }
            throw error
        }
    }
}
