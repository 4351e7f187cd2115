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
            json.hrefs(request, [.values, .attributes, .dimensions])
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
        committed(info.committedDatatype)
        key("chunks")
        if case .chunked(let chunks) = info.layout { shape(chunks) } else { bool(false) }
        key("filters")
        FilterJSON.write(info.filters, to: &self)
        key("fillvalue")
        raw(utf8: try Self.fillValue(info))
        key("fillvalueStored")
        bool(info.storesFillValue)
        member("fillTime", info.fillTime.rawValue)
        key("trackTimes")
        bool(info.tracksTimes)
        key("trackOrder")
        bool(info.tracksCreationOrder)
        member("layout", LayoutName(info.layout).rawValue)
        if !info.sources.isEmpty {
            key("virtual")
            VirtualJSON.write(info.sources, to: &self)
        }
        member("storageSize", info.storageSize)
        member("attributeCount", info.attributeCount)
    }

    private static func fillValue(_ info: DatasetInfo) throws(ServiceError) -> [UInt8] {
        let type = info.datatype.packed()
        guard let bytes = info.fillValue, type.unsupportedReason == nil else { return Array("null".utf8) }
        return try ValueJSON.text(Value(datatype: type, shape: [], bytes: bytes))
    }
}
