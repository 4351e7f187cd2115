import H5Model
import HDF5JSON
import HTTPTypes
import HTTPMessage
import LockedH5
import Routes

/// What is to be read of a dataset, and how it travels; whatever can be refused has been refused.
struct ValuesPlan {
    /// A run of the file's own bytes is only worth passing on where it is longer.
    private static let leastRegion = ContentTag.longestValues

    /// The type in which elements travel.
    let datatype: Datatype
    /// Nil for a null dataspace.
    let selection: Selection?
    let count: Int
    let chunk: Shape?
    let type: Representation
    let options: ValueOptions
    /// The parts of a body of text, and of one with a header; none of a body that is the elements themselves.
    let sections: [ValueSection]
    /// The name under which a client saves the body.
    private let disposition: String?

    /// - Throws: `invalid`, `not_found` for a field, `not_acceptable` for values that the form cannot hold,
    ///   `out_of_bounds`, `too_large`, `unsupported`.
    init(_ query: ValuesQuery, _ dataset: borrowing ReadableDataset) throws(ServiceError) {
        let chunk: Shape? = if case .chunked(let chunk) = dataset.layout { chunk } else { nil }
        try self.init(query, dataspace: dataset.dataspace, datatype: dataset.datatype, chunk: chunk)
    }

    init(
        _ query: ValuesQuery, dataspace: Dataspace, datatype: Datatype, chunk: Shape?
    ) throws(ServiceError) {
        let stored = try Self.wire(query.object, query.fields, datatype.packed(order: query.order))
        self.datatype =
            try query.datatype.map { wanted throws(ServiceError) in
                try Self.converted(query.object, stored, to: wanted.packed(order: query.order))
            } ?? stored
        self.chunk = chunk
        type = query.type
        options = query.options
        disposition = query.disposition
        selection = try Self.selection(query.object, query.elements, dataspace)
        count = try Self.count(selection, query.object)
        sections = try ValueSection.sections(
            of: self.datatype, shape: selection?.resultShape, as: type, options: options, of: "\(query.object)")
    }

    /// The type in which the chosen fields travel; all, where none is chosen.
    static func wire(
        _ object: ObjectPath, _ fields: [HDF5Name], _ packed: Datatype
    ) throws(ServiceError) -> Datatype {
        var wire = packed
        if !fields.isEmpty {
            guard case .compound(let compound) = wire else {
                throw ServiceError(
                    .invalid, "\(object) is no compound dataset, so that it has no field \"\(fields[0])\"")
            }
            wire = try naming(object) { () throws(ServiceError) in .compound(try compound.selecting(fields)) }
        }
        if let reason = wire.unsupportedReason {
            throw ServiceError(.unsupported, "\(object) has \(reason), whose values are not served")
        }
        return wire
    }

    /// The numbers in which numbers are to travel.
    private static func converted(
        _ object: ObjectPath, _ stored: Datatype, to wanted: Datatype
    ) throws(ServiceError) -> Datatype {
        if let reason = wanted.unsupportedReason { throw ServiceError(.unsupported, "\(reason) are not made") }
        let isComplex = stored.complexPart != nil
        guard isComplex ? wanted.complexPart != nil : wanted.isNumber && stored.isNumeric else {
            throw ServiceError(
                .invalid,
                "\(object): datatype= makes numbers of numbers and of enumerations, and complex ones of complex ones")
        }
        return wanted
    }

    /// What is selected; nil of a null dataspace.
    static func selection(
        _ object: ObjectPath, _ elements: ElementChoice, _ dataspace: Dataspace
    ) throws(ServiceError) -> Selection? {
        if let shape = dataspace.shape {
            return try naming(object) { () throws(ServiceError) in try elements.selection(in: shape) }
        }
        if elements == .expression(.all) { return nil }
        throw ServiceError(.invalid, "\(object) has a null dataspace, of which nothing can be selected")
    }

    /// Puts the object in front of the messages of rules that do not know it.
    private static func naming<R>(
        _ object: ObjectPath, _ rule: () throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        do {
            return try rule()
        } catch {
            throw ServiceError(error.code, "\(object): \(error.message)")
        }
    }

    private static func count(_ selection: Selection?, _ object: ObjectPath) throws(ServiceError) -> Int {
        guard let selection else { return 0 }
        guard let count = selection.elementCount, count > 0 || NestedLists.canBeEmpty(selection.resultShape) else {
            throw ServiceError(.tooLarge, "the selection of \(object) has more elements than one answer can hold")
        }
        return count
    }

    /// The body's length in bytes where all elements have one size and travel as bytes.
    var length: Int? {
        guard type == .octetStream || type == .npy, !datatype.hasVariableLength else { return nil }
        let (elements, overflow) = count.multipliedReportingOverflow(by: datatype.size)
        let (length, overflows) = elements.addingReportingOverflow(sections.first?.prefix.count ?? 0)
        return overflow || overflows ? nil : length
    }

    /// The body as a run of the file's own bytes, where it is one and long.
    func fileRegion(in dataset: borrowing ReadableDataset) throws(ServiceError) -> WorkerAnswer.Body? {
        guard type == .octetStream, let length, length > Self.leastRegion, let selection,
            let region = try dataset.fileRegion(of: selection, as: datatype)
        else { return nil }
        return .fileRegion(offset: region.offset, length: region.length)
    }

    func answer(_ body: WorkerAnswer.Body, isGzipped: Bool = false) -> WorkerAnswer {
        var fields = ValueFields.make(datatype: datatype, shape: selection?.resultShape)
        fields[.contentType] = type.contentType
        fields[.contentDisposition] = disposition
        fields[.vary] = "Accept, Accept-Encoding"
        if isGzipped { fields[.contentEncoding] = "gzip" }
        var answer = WorkerAnswer(
            head: ResponseHead(status: 200, fields: fields), contentLength: length, body: body)
        if case .complete(let bytes) = body, isShort { answer.contentTag = ContentTag.make(answer.head, bytes) }
        return answer
    }

    /// Whether the values are few enough for their content to have a tag.
    var isShort: Bool {
        let (size, overflow) = count.multipliedReportingOverflow(by: datatype.size)
        return !overflow && size <= ContentTag.longestValues
    }
}

extension Datatype {
    /// Whether there are numbers for the values.
    fileprivate var isNumeric: Bool {
        switch self {
        case .integer, .float, .enumeration: true
        default: false
        }
    }
}
