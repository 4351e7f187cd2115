import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes

/// A page of a directory's files and directories, in the order of their names' bytes. Hidden names are not there.
struct DirectoryListing {
    private let path: FilePath
    private let limit: Int
    private var entries: [FileEntry] = []
    private var hasMore = false

    init(root: ServedRoot, path: FilePath, query: Query) throws(ServiceError) {
        self.path = path
        limit = try query.limit()
        let after = query.first("after") ?? []
        var names = try ServedRoot.names(in: try root.openDirectory(path), path)
        names.removeAll { !after.lexicographicallyPrecedes($0) }
        names.sort { $0.lexicographicallyPrecedes($1) }
        for name in names {
            guard let entry = Self.entry(root, path, name) else { continue }
            if entries.count == limit {
                hasMore = true
                return
            }
            entries.append(entry)
        }
    }

    /// Nil for what cannot be served: a device, a broken link, a way out of the root, or what is gone already.
    private static func entry(_ root: ServedRoot, _ path: FilePath, _ name: [UInt8]) -> FileEntry? {
        guard let status = try? root.status(path + [name]) else { return nil }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFDIR || kind == S_IFREG else { return nil }
        return FileEntry(path: path + [name], isDirectory: kind == S_IFDIR, stamp: FileStamp(status))
    }

    func response() -> Response {
        var json = JSONWriter()
        json.object { json in
            let name = HDF5Name(bytes: path.joinedBytes)
            json.key("path")
            json.string(name.description)
            if name.text == nil {
                json.key("pathBase64")
                json.string(utf8: Base64.encode(name.bytes))
            }
            json.key("kind")
            json.string("directory")
            json.key("members")
            json.array { json in
                for entry in entries { json.object { entry.write(to: &$0) } }
            }
            json.key("next")
            writeNext(to: &json)
        }
        var response = Response.json(String(decoding: json.bytes, as: UTF8.self))
        if hasMore, let last = entries.last {
            let target = "\(FileEntry.href(path))/?after=\(PercentCoding.encode(last.name))&limit=\(limit)"
            response.head.fields[.link] = "<\(target)>; rel=\"next\""
        }
        return response
    }

    private func writeNext(to json: inout JSONWriter) {
        guard hasMore, let last = entries.last else { return json.null() }
        let name = HDF5Name(bytes: last.name)
        json.string(name.description)
        if name.text == nil {
            json.key("nextBase64")
            json.string(utf8: Base64.encode(last.name))
        }
    }
}
