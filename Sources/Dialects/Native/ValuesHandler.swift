import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/values/FILE/PATH, and POST with the selection in the body
    static func getValues(
        _ request: WorkerRequest, _ body: RequestBody, _ file: borrowing ReadableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let query = try ValuesQuery(request, body)
        return try file.withDataset(at: request.object) { dataset throws(ServiceError) in
            let plan = try ValuesPlan(query, dataset)
            let picture = plan.type == .png ? try Picture(plan, query.picture, query.object) : nil
            if request.isHead && !plan.isShort { return plan.answer(.complete([])) }
            if limits.hasRegions, let region = try plan.fileRegion(in: dataset) { return plan.answer(region) }
            if let picture {
                let file = try picture.file(limits) { selection, type, limit throws(ServiceError) in
                    try dataset.read(selection, as: type, limit: limit).bytes
                }
                return plan.answer(.complete(file))
            }
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
    var elements: ElementChoice
    var fields: [HDF5Name]
    var order: ByteOrder?
    /// The numbers that are wanted instead of the stored ones.
    var datatype: Datatype?
    var options: ValueOptions
    var picture: PictureOptions
    var type: Representation
    /// The name under which a client saves the body.
    var disposition: String?

    /// - Parameter body: Which elements are wanted, of a request that says so there.
    /// - Throws: `invalid`, `not_acceptable`, `too_large`, `out_of_bounds`.
    init(_ request: WorkerRequest, _ body: RequestBody = .none) throws(ServiceError) {
        let query = request.query
        object = request.object
        elements = try request.operation == .selectValues ? ElementChoice(body) : ElementChoice(query)
        fields = query.all("field").map(HDF5Name.init(bytes:))
        order = try ByteOrder.asked(by: query)
        datatype = try query.first("datatype").map { text throws(ServiceError) in try DatatypeJSON.read(text: text) }
        options = try ValueOptions(query)
        picture = try PictureOptions(query)
        type = try Representation.chosen(from: Representation.ofValues, query: query, accept: request.accept)
        disposition = SavedName.disposition(type, file: request.file, object: object)
    }
}
