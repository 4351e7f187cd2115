import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

/// What a request to write values says, before it meets a dataset.
struct ValuesChange {
    var elements: ElementChoice
    var fields: [HDF5Name]
    /// The byte order of a body of bytes; nil for the stored one.
    var order: ByteOrder?
    /// What is all or nothing.
    var atomicity: Atomicity
    var body: RequestBody

    enum Atomicity: String, CaseIterable {
        case all, metadata
    }

    /// - Throws: `invalid`.
    init(_ request: WorkerRequest, _ body: RequestBody) throws(ServiceError) {
        elements = try ElementChoice(request.query)
        fields = request.query.all("field").map(HDF5Name.init(bytes:))
        order = try ByteOrder.asked(by: request.query)
        atomicity = try request.query.choice("atomic") ?? .all
        self.body = body
        if case .npy(let bytes) = body { _ = try NumPyArray(bytes) }
        try ByteOrder.refuse(order, of: body)
    }
}

extension NativeDialect {
    // PUT /v1/values/FILE/PATH
    static func putValues(
        _ request: WorkerRequest, _ values: ValuesChange, _ file: borrowing WritableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        var answer = WorkerAnswer.empty
        answer.contentTag = try file.withDataset(at: request.object) { dataset throws(ServiceError) in
            let type = try ValuesPlan.wire(request.object, values.fields, dataset.datatype.packed())
            let selection = try ValuesPlan.selection(request.object, values.elements, dataset.dataspace)
            guard let selection else {
                throw ServiceError(.invalid, "\(request.object) has a null dataspace, which holds no values")
            }
            let writer = try dataset.writer(selection, as: type, limits)
            var written: Value?
            switch values.atomicity {
            case .all: written = try write(values, writer, to: dataset)
            case .metadata:
                try dataset.writeThrough { () throws(ServiceError) in
                    written = try write(values, writer, to: dataset)
                }
            }
            return try written.flatMap { value throws(ServiceError) in try contentTag(of: value, request, dataset) }
        }
        return answer
    }

    /// The content tag of values that have just been written to all of what the request names, without reading them
    /// again; nil where that takes more than to look at them.
    static func contentTag(
        of value: Value, _ request: WorkerRequest, _ dataset: borrowing WritableDataset
    ) throws(ServiceError) -> String? {
        guard value.datatype.isNumber, let reading = Route.reading(request), let query = try? ValuesQuery(reading)
        else { return nil }
        let plan = try ValuesPlan(query, dataspace: dataset.dataspace, datatype: dataset.datatype, chunk: nil)
        guard plan.isShort, plan.datatype == value.datatype, let shape = plan.selection?.resultShape else { return nil }
        let value = try value.broadcast(to: shape)
        if plan.type == .octetStream { return plan.answer(.complete(value.bytes)).contentTag }
        guard plan.type == .json else { return nil }
        let text = try ValueJSON.text(value, options: plan.options)
        if reading.acceptsGzip && text.count > WorkerAnswer.leastGzipped { return nil }
        return plan.answer(.complete(text)).contentTag
    }

    /// Returns what was written, where that is in memory.
    private static func write(
        _ values: ValuesChange, _ writer: ValueWriter, to dataset: borrowing WritableDataset
    ) throws(ServiceError) -> Value? {
        try write(values, writer) { run, bytes throws(ServiceError) in
            try dataset.write(run, as: writer.type, bytes)
        }
    }

    private static func write(
        _ values: ValuesChange, _ writer: ValueWriter, _ write: ValueWriter.Write
    ) throws(ServiceError) -> Value? {
        switch values.body {
        case .none, .lines: throw ServiceError(.invalid, "the request has no body, which would be the values")
        case .npy(let body):
            try writer.write(try NumPyArray(body), write)
            return nil
        case .octetStream(let body):
            try writer.write(body, order: values.order, write)
            return nil
        case .json(let body):
            let decoder = try ValueDecoder(writer.type, takesColumn: values.fields.count == 1)
            let rank = writer.selection.resultShape.count
            let value = try body.withBytes { text throws(ServiceError) in
                try decoder.decode(JSONSource(text: text), rank: rank)
            }
            try writer.write(value, write)
            return value
        }
    }
}
