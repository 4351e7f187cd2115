import H5Model
import HTTPMessage
import LockedH5
import Routes

/// What a request to write values says, before it meets a dataset.
struct ValuesChange {
    var selection: SelectionExpression
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
        selection = try SelectionExpression(parsing: request.query.utf8("select") ?? "")
        fields = request.query.all("field").map(HDF5Name.init(bytes:))
        order = try ByteOrder.asked(by: request.query)
        atomicity = try request.query.choice("atomic") ?? .all
        self.body = body
        if case .json = body, order != nil {
            throw ServiceError(.invalid, "order= tells the byte order of application/octet-stream, and not of JSON")
        }
    }
}

extension NativeDialect {
    // PUT /v1/values/FILE/PATH
    static func putValues(
        _ request: WorkerRequest, _ values: ValuesChange, _ file: borrowing WritableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        try file.withDataset(at: request.object) { dataset throws(ServiceError) in
            let type = try ValuesPlan.wire(request.object, values.fields, dataset.datatype.packed())
            let selection = try ValuesPlan.selection(request.object, values.selection, dataset.dataspace)
            guard let selection else {
                throw ServiceError(.invalid, "\(request.object) has a null dataspace, which holds no values")
            }
            let writer = try dataset.writer(selection, as: type, limits)
            switch values.atomicity {
            case .all: try write(values, writer, to: dataset)
            case .metadata:
                try dataset.writeThrough { () throws(ServiceError) in try write(values, writer, to: dataset) }
            }
        }
        return .empty
    }

    private static func write(
        _ values: ValuesChange, _ writer: ValueWriter, to dataset: borrowing WritableDataset
    ) throws(ServiceError) {
        try write(values, writer) { run, bytes throws(ServiceError) in
            try dataset.write(run, as: writer.type, bytes)
        }
    }

    private static func write(
        _ values: ValuesChange, _ writer: ValueWriter, _ write: ValueWriter.Write
    ) throws(ServiceError) {
        switch values.body {
        case .none, .lines: throw ServiceError(.invalid, "the request has no body, which would be the values")
        case .octetStream(let body): try writer.write(body, order: values.order, write)
        case .json(let body):
            let decoder = try ValueDecoder(writer.type, takesColumn: values.fields.count == 1)
            let rank = writer.selection.resultShape.count
            let value = try body.withBytes { text throws(ServiceError) in
                try decoder.decode(JSONSource(text: text), rank: rank)
            }
            try writer.write(value, write)
        }
    }
}
