import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

/// The dataset that a body describes, and its value.
struct DatasetBody {
    var creation: DatasetCreation
    /// Of a shape that can be broadcast to the dataset's; nil for fill values, and where the values are an array.
    var value: Value?
    /// All values.
    var array: NumPyArray?
    /// Whether the body says how far the dataset can grow.
    var hasMaximumShape: Bool

    private static let known = [
        "shape", "maxshape", "datatype", "chunks", "layout", "filters", "fillvalue", "fillvalueStored", "fillTime",
        "trackTimes", "trackOrder", "value", "external", "virtual",
    ]
    /// What the description of a dataset tells besides.
    private static let ignored = [
        "file", "fileBase64", "path", "pathBase64", "kind", "committedDatatype", "committedDatatypeBase64",
        "storageSize",
        "attributeCount", "hrefs",
    ]

    /// What the body describes, unless its datatype is a committed one and known only with the file.
    /// - Throws: `invalid`, `unsupported`, `too_large`.
    static func read(_ body: RequestBody) throws(ServiceError) -> OfAskedDatatype<DatasetBody> {
        if case .npy(let bytes) = body { return .described(try DatasetBody(try NumPyArray(bytes))) }
        return try BodyMembers.read(body, known: known, ignored: ignored) { members throws(ServiceError) in
            switch try datatype(members) {
            case .described(let datatype): .described(try DatasetBody(members, datatype))
            case .committed(let path): .ofCommitted(path)
            }
        }
    }

    /// What the body describes, whose datatype is `committed`.
    /// - Throws: `invalid`, `unsupported`, `too_large`.
    init(_ body: RequestBody, committed: FoundDatatype) throws(ServiceError) {
        self = try BodyMembers.read(body, known: Self.known, ignored: Self.ignored) { members throws(ServiceError) in
            try DatasetBody(members, committed.datatype)
        }
        creation.committedDatatype = committed.path
    }

    /// The dataset that holds an array, with its shape and its datatype.
    private init(_ array: NumPyArray) throws(ServiceError) {
        let dataspace: Dataspace = array.shape.isEmpty ? .scalar : .simple(array.shape, maximum: array.shape)
        creation = DatasetCreation(dataspace: dataspace, datatype: array.datatype.packed())
        self.array = array
        hasMaximumShape = false
        try creation.check()
    }

    private init(_ members: BodyMembers, _ datatype: Datatype) throws(ServiceError) {
        if members["external"] != nil { throw Self.refusedExternal }
        let shape = try members.shape("shape")
        let isNull = members.isNull("shape")
        if let source = members["value"] {
            if isNull { throw ServiceError(.invalid, "a null dataspace (\"shape\": null) has no value") }
            value = try ValueDecoder(datatype.packed()).decode(source, rank: shape?.count)
        }
        guard isNull || shape != nil || value != nil else {
            throw ServiceError(.invalid, "the body needs the key \"shape\" or \"value\"")
        }
        let dataspace = try Self.dataspace(members, isNull ? nil : shape ?? value?.shape)
        if let value, let shape = dataspace.shape { _ = try Broadcast(from: value.shape, to: shape) }
        hasMaximumShape = members["maxshape"] != nil
        creation = DatasetCreation(
            dataspace: dataspace, datatype: datatype, layout: try Self.layout(members),
            filters: try Self.filters(members, datatype), fillValue: try Self.fillValue(members, datatype),
            fillTime: try members.word("fillTime") ?? .ifSet, tracksTimes: try members.flag("trackTimes") ?? false,
            tracksCreationOrder: try members.flag("trackOrder") ?? false, sources: try Self.sources(members, shape))
        if !creation.sources.isEmpty, value != nil {
            throw ServiceError(.invalid, "a virtual dataset has no \"value\": its values are those of its sources")
        }
        try creation.check()
    }

    private static func datatype(_ members: BodyMembers) throws(ServiceError) -> AskedDatatype {
        if let described = try members.tree("datatype") { return try AskedDatatype(described) }
        if let value = members["value"] { return .described(try ValueInference.datatype(of: value)) }
        // As h5py has it.
        return .described(.float(Datatype.Float(size: 4)))
    }

    private static func dataspace(_ members: BodyMembers, _ shape: Shape?) throws(ServiceError) -> Dataspace {
        let maximum = try members.tree("maxshape").map { json throws(ServiceError) -> [Int?] in
            if json == .boolean(true), let shape { return shape.map { _ in nil } }
            guard let maximum = json.maximumShape else {
                throw members.refused(
                    "maxshape", json, "a list of extents, in which null is without limit, or true for no limit at all")
            }
            return maximum
        }
        guard let shape, !shape.isEmpty else {
            if maximum?.isEmpty == false {
                throw ServiceError(.invalid, "a scalar and a null dataspace have no maximum shape")
            }
            return shape == nil ? .null : .scalar
        }
        return .simple(shape, maximum: maximum ?? shape)
    }

    private static func layout(_ members: BodyMembers) throws(ServiceError) -> DatasetCreation.LayoutChoice {
        let chunks = try chunks(members)
        let named = try members.tree("layout")
        if members["virtual"] != nil, chunks ?? .contiguous == .contiguous, named ?? .virtual == .virtual {
            return .unspecified
        }
        guard let layout = named else { return chunks ?? .unspecified }
        let isChunked = chunks.map { $0 != .contiguous }
        switch (layout.text.flatMap(LayoutName.init(rawValue:)), isChunked) {
        case (.chunked, true), (.chunked, nil): return chunks ?? .automaticChunks
        case (.contiguous, false), (.contiguous, nil): return .contiguous
        case (.compact, false), (.compact, nil): return .compact
        case (.external, _): throw refusedExternal
        case (.virtual, _):
            throw ServiceError(
                .invalid, "a virtual dataset has no chunks, and needs the key \"virtual\", which tells its sources")
        case (let name?, let isChunked):
            throw ServiceError(
                .invalid,
                "\"layout\" is \"\(name.rawValue)\", but \"chunks\" say \(isChunked == true ? "chunked" : "not chunked")"
            )
        case (nil, _):
            throw members.refused("layout", layout, "one of \"compact\", \"contiguous\", \"chunked\"")
        }
    }

    private static func chunks(_ members: BodyMembers) throws(ServiceError) -> DatasetCreation.LayoutChoice? {
        guard let chunks = try members.tree("chunks") else { return nil }
        if case .boolean(let isChunked) = chunks { return isChunked ? .automaticChunks : .contiguous }
        guard let shape = chunks.shape else {
            throw members.refused("chunks", chunks, "a list of extents, true or false")
        }
        return .chunked(shape)
    }

    private static func sources(_ members: BodyMembers, _ shape: Shape?) throws(ServiceError) -> [VirtualSource] {
        guard let virtual = try members.tree("virtual") else { return [] }
        guard let shape else { throw ServiceError(.invalid, "a virtual dataset needs the key \"shape\"") }
        return try VirtualJSON.read(virtual, shape: shape)
    }

    private static let refusedExternal = ServiceError(
        .unsupported, "external storage, that is raw data in other files, is not supported")

    private static func filters(_ members: BodyMembers, _ datatype: Datatype) throws(ServiceError) -> [Filter] {
        guard let json = try members.tree("filters") else { return [] }
        guard case .list(let list) = json else {
            throw members.refused("filters", json, "a list such as [{\"name\": \"deflate\", \"level\": 4}]")
        }
        var filters: [Filter] = []
        for filter in list { filters.append(try FilterJSON.read(filter, datatype)) }
        return filters
    }

    /// The fill value that is to be stored.
    private static func fillValue(_ members: BodyMembers, _ datatype: Datatype) throws(ServiceError) -> [UInt8]? {
        let isStored = try members.flag("fillvalueStored")
        guard let source = members["fillvalue"] else {
            if isStored == true { throw ServiceError(.invalid, "\"fillvalueStored\" is true without a \"fillvalue\"") }
            return nil
        }
        let value = try ValueDecoder(datatype.packed()).decode(source, rank: 0)
        guard value.shape.isEmpty else {
            throw ServiceError(.invalid, "\"fillvalue\" has the shape \(value.shape), but is to be one element")
        }
        guard isStored == false else { return value.bytes }
        guard value.bytes.allSatisfy({ $0 == 0 }) else {
            throw ServiceError(
                .invalid, "\"fillvalueStored\" is false, but \"fillvalue\" is not what there is without one")
        }
        return nil
    }
}

extension JSONTree {
    fileprivate static let virtual = JSONTree.string(Array(LayoutName.virtual.rawValue.utf8))
}
