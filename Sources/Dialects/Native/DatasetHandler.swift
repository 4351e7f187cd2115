import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/datasets/FILE/PATH
    static func getDataset(
        _ request: WorkerRequest, _ file: borrowing ReadableFile
    ) throws(ServiceError) -> WorkerAnswer {
        let info = try file.dataset(at: request.object)
        return try .object(request) { json throws(ServiceError) in
            json.subject(request, kind: .dataset)
            try json.dataset(info)
            json.hrefs(request, [.values, .attributes])
        }
    }
}

extension JSONWriter {
    fileprivate mutating func dataset(_ info: DatasetInfo) throws(ServiceError) {
        key("shape")
        shape(info.dataspace.shape)
        key("maxshape")
        maximumShape(info.dataspace.maximumShape)
        key("datatype")
        DatatypeJSON.write(info.datatype, to: &self)
        key("chunks")
        if case .chunked(let chunks) = info.layout { shape(chunks) } else { bool(false) }
        key("filters")
        array { json in
            for filter in info.filters { json.filter(filter) }
        }
        key("fillvalue")
        raw(utf8: try Self.fillValue(info))
        member("layout", info.layout.name)
        member("storageSize", info.storageSize)
        member("attributeCount", info.attributeCount)
    }

    private static func fillValue(_ info: DatasetInfo) throws(ServiceError) -> [UInt8] {
        let type = info.datatype.packed()
        guard let bytes = info.fillValue, type.unsupportedReason == nil else { return Array("null".utf8) }
        return try ValueJSON.text(Value(datatype: type, shape: [], bytes: bytes))
    }

    /// A filter as creating a dataset takes it: by name where the name says everything.
    private mutating func filter(_ filter: Filter) {
        object { json in
            json.member("name", filter.name)
            switch filter.name {
            case "shuffle", "fletcher32": break
            case "deflate":
                json.member("level", Int(filter.parameters.first ?? 0))
            default:
                json.member("id", filter.id)
                json.key("parameters")
                json.shape(filter.parameters.map { Int($0) })
            }
        }
    }
}

extension Layout {
    fileprivate var name: String {
        switch self {
        case .compact: "compact"
        case .contiguous: "contiguous"
        case .chunked: "chunked"
        case .virtual: "virtual"
        case .externalStorage: "external"
        }
    }
}
