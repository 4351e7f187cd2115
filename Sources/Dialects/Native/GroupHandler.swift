import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/groups/FILE/PATH
    static func getGroup(
        _ request: WorkerRequest, _ file: borrowing ReadableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        var listing = try GroupListing(request, mostBytes: limits.slab)
        let info = try file.group(at: request.object)
        var next: HDF5Name?
        let answer = try WorkerAnswer.object(request) { json throws(ServiceError) in
            json.subject(request, kind: .group)
            json.group(info)
            next = try listing.write(request.object, after: listing.after, file, to: &json)
            json.hrefs(request, [.attributes, .tree])
        }
        return next.map { listing.linked(answer, to: $0) } ?? answer
    }
}

extension JSONWriter {
    fileprivate mutating func group(_ info: GroupInfo) {
        member("memberCount", info.memberCount)
        member("attributeCount", info.attributeCount)
        key("tracksCreationOrder")
        bool(info.tracksCreationOrder)
    }
}
