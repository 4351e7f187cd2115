import FileLock
import H5Model
import HTTPMessage
import HTTPTypes

/// A file or a directory as listings and changes tell of it.
struct FileEntry {
    var path: FilePath
    var isDirectory: Bool
    var stamp: FileStamp

    var name: [UInt8] { path.last ?? [] }

    static func href(_ path: FilePath) -> String {
        (["/v1/files"] + path.map(PercentCoding.encode)).joined(separator: "/")
    }

    private var href: String { Self.href(path) + (isDirectory ? "/" : "") }

    func write(to json: inout JSONWriter) {
        Self.member("name", name, to: &json)
        json.key("kind")
        json.string(isDirectory ? "directory" : "file")
        json.key("size")
        if isDirectory { json.null() } else { json.integer(stamp.size) }
        json.key("modified")
        json.string(Timestamp.rfc3339(nanoseconds: stamp.modified.nanosecondsSince1970))
        json.key("href")
        json.string(href)
    }

    /// A name or path as a member of a JSON object; what is not UTF-8 stands in a second member too.
    static func member(_ key: String, _ bytes: [UInt8], to json: inout JSONWriter) {
        let name = HDF5Name(bytes: bytes)
        json.key(key)
        json.string(name.description)
        if name.text == nil {
            json.key(key + "Base64")
            json.string(utf8: Base64.encode(bytes))
        }
    }

    /// The answer to a request that made, renamed or emptied the entry.
    func response(status: Int, tag: EntityTag? = nil) -> Response {
        var json = JSONWriter()
        json.object { json in
            Self.member("path", path.joinedBytes, to: &json)
            write(to: &json)
        }
        var fields: HTTPFields = [.contentType: "application/json", .location: href]
        fields[.eTag] = tag?.field
        return Response(head: ResponseHead(status: status, fields: fields), body: .bytes(json.bytes))
    }
}
