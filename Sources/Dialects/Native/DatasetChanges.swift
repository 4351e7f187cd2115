import H5Model
import HTTPMessage
import LockedH5
import Routes

/// When a dataset that is there already will do (h5py's `require_dataset`).
enum MatchRule {
    /// It has the shape, and its datatype holds every value of the one that is asked for.
    case convertible
    /// It has the shape and the datatype.
    case exact

    /// - Returns: Nil where none will do.
    /// - Throws: `invalid`.
    init?(_ query: Query) throws(ServiceError) {
        let isExact = try query.flag("exact")
        guard try query.flag("require") else {
            if isExact { throw ServiceError(.invalid, "exact=true goes with require=true") }
            return nil
        }
        self = isExact ? .exact : .convertible
    }

    /// - Throws: `exists` where `dataset` will not do.
    func check(_ dataset: DatasetInfo, _ body: DatasetBody, _ path: ObjectPath) throws(ServiceError) {
        let asked = body.creation
        if dataset.dataspace.shape != asked.dataspace.shape {
            guard body.hasMaximumShape else {
                let shapes = [dataset.dataspace.shape, asked.dataspace.shape].map { $0.map { "\($0)" } ?? "null" }
                throw ServiceError(.exists, "\(path) is there with the shape \(shapes[0]), not \(shapes[1])")
            }
            // As h5py has it: who asks for a maximum shape takes the dataset however far it has grown.
            guard dataset.dataspace.maximumShape == asked.dataspace.maximumShape else {
                throw ServiceError(.exists, "\(path) is there with another shape, and with another maximum shape")
            }
        }
        let (stored, wanted) = (dataset.datatype.packed(), asked.datatype.packed())
        guard self == .exact ? stored == wanted : wanted.fits(stored) else {
            let types = [stored, wanted].map(ValueFields.description)
            let relation = self == .exact ? "is not" : "does not hold all values of"
            throw ServiceError(.exists, "\(path) is there with the datatype \(types[0]), which \(relation) \(types[1])")
        }
    }
}

extension NativeDialect {
    // PUT /v1/datasets/FILE/PATH
    static func createDataset(
        _ request: WorkerRequest, _ body: DatasetBody, _ rule: MatchRule?, _ file: borrowing WritableFile,
        _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        if let rule, let kind = try existingKind(at: request.object, file.contents) {
            guard kind == .dataset else { throw wrongKind(request.object, kind, .dataset) }
            try rule.check(try file.contents.dataset(at: request.object), body, request.object)
            return try getDataset(request, file.contents)
        }
        try file.createDataset(at: request.object, body.creation)
        if let shape = body.creation.dataspace.shape, body.hasValues {
            try file.withDataset(at: request.object) { dataset throws(ServiceError) in
                let type = body.creation.datatype.packed()
                try body.write(try dataset.writer(Selection(all: shape), as: type, limits)) {
                    run, bytes throws(ServiceError) in
                    try dataset.write(run, as: type, bytes)
                }
            }
        }
        return try getDataset(request, file.contents).created(at: request, .datasets)
    }

    // PATCH /v1/datasets/FILE/PATH
    static func resizeDataset(
        _ request: WorkerRequest, _ shape: Shape, _ file: borrowing WritableFile
    ) throws(ServiceError) -> WorkerAnswer {
        try file.resize(request.object, to: shape)
        return try getDataset(request, file.contents)
    }

    /// The shape that a dataset is to get.
    /// - Throws: `invalid`.
    static func newShape(_ body: RequestBody) throws(ServiceError) -> Shape {
        try BodyMembers.read(body, known: ["shape"]) { members throws(ServiceError) in
            try members.required("shape", try members.shape("shape"))
        }
    }
}

extension DatasetBody {
    fileprivate var hasValues: Bool { value != nil || array != nil }

    fileprivate func write(_ writer: ValueWriter, _ write: ValueWriter.Write) throws(ServiceError) {
        if let value { try writer.write(value, write) }
        if let array { try writer.write(array, write) }
    }
}

extension WritableDataset {
    /// What writes into a selection of the dataset.
    borrowing func writer(
        _ selection: Selection, as type: Datatype, _ limits: NativeDialect.Limits
    ) throws(ServiceError) -> ValueWriter {
        let chunk: Shape? = if case .chunked(let chunk) = layout { chunk } else { nil }
        return try ValueWriter(selection, as: type, chunk: chunk, window: limits.value)
    }
}
