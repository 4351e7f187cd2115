import H5Model
import HTTPMessage
import HTTPTypes
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/values/FILE/PATH
    static func getValues(
        _ request: WorkerRequest, _ file: borrowing ReadableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let query = try ValuesQuery(request)
        return try file.withDataset(at: request.object) { dataset throws(ServiceError) in
            let plan = try ValuesPlan(query, dataset)
            if request.isHead && !plan.isShort { return plan.answer(.complete([])) }
            if limits.hasRegions, let region = try plan.fileRegion(in: dataset) { return plan.answer(region) }
            var body = try ValuesBody(plan, request, limits)
            let slab = try body.next { selection, type, limit throws(ServiceError) in
                try dataset.read(selection, as: type, limit: limit).bytes
            }
            return plan.answer(slab, isGzipped: body.isGzipped)
        }
    }
}

/// What a request for values asks for, before it meets a dataset.
struct ValuesQuery {
    var object: ObjectPath
    var selection: SelectionExpression
    var fields: [HDF5Name]
    var order: ByteOrder?
    var options: ValueOptions
    var type: Representation

    /// - Throws: `invalid`, `not_acceptable`.
    init(_ request: WorkerRequest) throws(ServiceError) {
        let query = request.query
        object = request.object
        selection = try SelectionExpression(parsing: query.utf8("select") ?? "")
        fields = query.all("field").map(HDF5Name.init(bytes:))
        order = try ByteOrder.asked(by: query)
        options = try ValueOptions(query)
        type = try Representation.chosen(from: [.json, .octetStream], query: query, accept: request.accept)
    }
}
