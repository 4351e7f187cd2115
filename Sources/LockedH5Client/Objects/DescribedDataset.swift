import H5Model
import HDF5JSON
import HTTPMessage

/// What the server has told of a dataset.
struct DescribedDataset: Sendable {
    /// Without the fill value, which may be of a datatype whose values only the server can tell.
    var info: DatasetInfo
    /// JSON.
    var fillValue: [UInt8]

    init(_ answer: AnswerObject) throws {
        let shape = try answer.shape("shape")
        let datatype = try answer.datatype("datatype")
        fillValue = answer.text("fillvalue") ?? []
        info = DatasetInfo(
            dataspace: try Self.dataspace(shape, try answer.optional("maxshape")), datatype: datatype,
            committedDatatype: try answer.text("committedDatatype").map { _ in
                CommittedDatatype(path: try answer.bytes("committedDatatype").map(ObjectPath.init(bytes:)))
            },
            layout: .contiguous(offset: nil), filters: try Self.filters(answer, datatype), fillValue: nil,
            storesFillValue: try answer.flag("fillvalueStored"), fillTime: try answer.word("fillTime"),
            tracksTimes: try answer.flag("trackTimes"), tracksCreationOrder: try answer.flag("trackOrder"),
            storageSize: try answer.integer("storageSize"), attributeCount: try answer.integer("attributeCount"),
            sources: try Self.sources(answer, shape))
        info.layout = try layout(answer)
    }

    private static func dataspace(_ shape: Shape?, _ maximum: JSONTree?) throws -> Dataspace {
        guard let shape else { return .null }
        if shape.isEmpty { return .scalar }
        guard let maximum = maximum?.maximumShape else { throw AnswerError("its maximum shape is none") }
        return .simple(shape, maximum: maximum)
    }

    private static func filters(_ answer: AnswerObject, _ datatype: Datatype) throws -> [Filter] {
        guard case .list(let list) = try answer.tree("filters") else { throw AnswerError("its filters are no list") }
        return try list.map { filter throws(ServiceError) in try FilterJSON.read(filter, datatype) }
    }

    private func layout(_ answer: AnswerObject) throws -> Layout {
        let name: LayoutName = try answer.word("layout")
        switch name {
        case .compact: return .compact
        case .contiguous: return .contiguous(offset: nil)
        case .chunked:
            guard let chunks = try answer.shape("chunks") else { throw AnswerError("it is chunked without chunks") }
            return .chunked(chunks)
        case .virtual: return .virtual(sourceCount: info.sources.count)
        case .external: return .externalStorage
        }
    }

    private static func sources(_ answer: AnswerObject, _ shape: Shape?) throws -> [VirtualSource] {
        guard let virtual = try answer.optional("virtual"), let shape, case .list(let parts)? = virtual["sources"]
        else { return [] }
        var sources = try VirtualJSON.read(virtual, shape: shape)
        for (index, part) in parts.enumerated() {
            if let plain = part["source"]?.wholeOrIrregular { sources[index].source = plain }
            if let plain = part["target"]?.wholeOrIrregular { sources[index].target = plain }
        }
        return sources
    }
}

extension JSONTree {
    /// The selections that are told apart from the spans that they may be; nil for spans.
    fileprivate var wholeOrIrregular: MappedSelection? {
        if self == .null { return .irregular }
        return text == "..." ? .all : nil
    }
}
