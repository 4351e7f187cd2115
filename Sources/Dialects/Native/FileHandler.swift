import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/files/FILE
    static func getFile(
        _ request: WorkerRequest, _ file: borrowing ReadableFile
    ) throws(ServiceError) -> WorkerAnswer {
        let info = try file.info()
        return try .object(request) { json in
            json.member("path", name: request.file)
            json.member("kind", "file")
            json.member("size", request.fileSize)
            json.member("modified", Timestamp.rfc3339(nanoseconds: request.fileModified))
            json.member("superblockVersion", info.superblockVersion)
            json.member("userBlockSize", info.userBlockSize)
            json.member("freeSpace", info.freeSpace)
            let href = Href(file: request.file)
            json.key("hrefs")
            json.object { json in
                json.member("root", utf8: href.target(.groups))
                for resource in [Href.Resource.tree, .raw, .attributes] {
                    json.member(resource.rawValue, utf8: href.target(resource))
                }
            }
        }
    }
}
