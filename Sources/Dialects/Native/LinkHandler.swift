import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/links/FILE/PATH
    static func getLink(
        _ request: WorkerRequest, _ file: borrowing ReadableFile
    ) throws(ServiceError) -> WorkerAnswer {
        guard let name = request.object.lastName else {
            throw ServiceError(.invalid, "/ is the root group, to which no link leads")
        }
        let link = try file.link(at: request.object)
        let object = try object(at: request.object, link, file)
        return try .object(request) { json in
            json.member("name", name: name.bytes)
            json.member("file", name: request.file)
            json.member("path", name: request.object.bytes)
            json.link(link)
            json.object(object)
            let href = Href(file: request.file, path: request.object)
            json.member("href", utf8: href.target(Href.resource(of: object?.kind)))
        }
    }

    /// What a link leads to; nil for a link into another file, and for one that leads nowhere.
    private static func object(
        at path: ObjectPath, _ link: Link, _ file: borrowing ReadableFile
    ) throws(ServiceError) -> MemberObject? {
        do throws(ServiceError) {
            let kind = try file.kind(at: path)
            return MemberObject(kind: kind, datatype: kind == .datatype ? try file.datatype(at: path) : nil)
        } catch {
            if link != .hard && [.notFound, .unsupported].contains(error.code) { return nil }
            throw error
        }
    }
}
