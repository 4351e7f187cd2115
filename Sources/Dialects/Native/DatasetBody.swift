import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

/// The dataset that a body describes, and its value.
struct DatasetBody {
    var creation: DatasetCreation
    /// Of a shape that can be broadcast to the dataset's; nil for fill values only.
    var value: Value?

    private static let known = ["shape", "maxshape", "datatype", "chunks", "filters", "fillvalue", "value"]
    /// What the description of a dataset tells besides.
    private static let ignored = [
        "file", "fileBase64", "path", "pathBase64", "kind", "layout", "storageSize", "attributeCount", "hrefs",
    ]

    /// - Throws: `invalid`, `unsupported`, `too_large`.
    init(_ body: RequestBody) throws(ServiceError) {
        self = try BodyMembers.read(body, known: Self.known, ignored: Self.ignored) { members throws(ServiceError) in
            try DatasetBody(members)
        }
    }

    private init(_ members: BodyMembers) throws(ServiceError) {
        let datatype = try Self.datatype(members)
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
        creation = DatasetCreation(
            dataspace: dataspace, datatype: datatype, layout: try Self.layout(members),
            filters: try Self.filters(members), fillValue: try Self.fillValue(members, datatype))
        try creation.check()
    }

    private static func datatype(_ members: BodyMembers) throws(ServiceError) -> Datatype {
        if let described = try members.tree("datatype") { return try DatatypeJSON.read(described) }
        if let value = members["value"] { return try ValueInference.datatype(of: value) }
        // As h5py has it.
        return .float(Datatype.Float(size: 4))
    }

    private static func dataspace(_ members: BodyMembers, _ shape: Shape?) throws(ServiceError) -> Dataspace {
        let maximum = try members.tree("maxshape").map { json throws(ServiceError) in
            guard let maximum = json.maximumShape else {
                throw members.refused("maxshape", json, "a list of extents, in which null is without limit")
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
        guard let chunks = try members.tree("chunks") else { return .unspecified }
        if case .boolean(let isChunked) = chunks { return isChunked ? .automaticChunks : .contiguous }
        guard let shape = chunks.shape else {
            throw members.refused("chunks", chunks, "a list of extents, true or false")
        }
        return .chunked(shape)
    }

    private static func filters(_ members: BodyMembers) throws(ServiceError) -> [Filter] {
        guard let json = try members.tree("filters") else { return [] }
        guard case .list(let list) = json else {
            throw members.refused("filters", json, "a list such as [{\"name\": \"deflate\", \"level\": 4}]")
        }
        var filters: [Filter] = []
        for filter in list { filters.append(try Filter(filter)) }
        return filters
    }

    private static func fillValue(_ members: BodyMembers, _ datatype: Datatype) throws(ServiceError) -> [UInt8]? {
        guard let source = members["fillvalue"] else { return nil }
        let value = try ValueDecoder(datatype.packed()).decode(source, rank: 0)
        guard value.shape.isEmpty else {
            throw ServiceError(.invalid, "\"fillvalue\" has the shape \(value.shape), but is to be one element")
        }
        return value.bytes
    }
}

extension JSONTree {
    /// A list of extents, null in it without limit; nil for anything else.
    fileprivate var maximumShape: [Int?]? {
        guard case .list(let elements) = self else { return nil }
        var extents: [Int?] = []
        for element in elements {
            guard element == .null || (element.integer ?? -1) >= 0 else { return nil }
            extents.append(element.integer)
        }
        return extents
    }
}

extension Filter {
    /// The filter that an object describes: by name where the name says everything, else by number and parameters.
    /// - Throws: `invalid`.
    fileprivate init(_ json: JSONTree) throws(ServiceError) {
        guard case .object(let members) = json else {
            throw ServiceError(.invalid, "a filter is an object with \"name\" or \"id\", not \(json.summary)")
        }
        let known = ["name", "level", "id", "parameters"]
        if let member = members.first(where: { !known.map { Array($0.utf8) }.contains($0.name) }) {
            let name = String(decoding: member.name, as: UTF8.self).abbreviated
            throw ServiceError(
                .invalid, "unknown key \"\(name)\" of a filter; the known ones are \(known.joined(separator: ", "))")
        }
        self = try json["id"] == nil ? Self.named(json) : Self.numbered(json)
    }

    private static func named(_ json: JSONTree) throws(ServiceError) -> Filter {
        let level = json["level"]
        guard json["parameters"] == nil else {
            throw ServiceError(.invalid, "a filter with \"parameters\" is named by its \"id\"")
        }
        switch json["name"]?.text {
        case "deflate":
            guard let level else { return .deflate(level: 4) }
            guard let number = level.integer, (0...9).contains(number) else {
                throw ServiceError(.invalid, "\"level\" is \(level.summary), not an integer from 0 to 9")
            }
            return .deflate(level: number)
        case "shuffle" where level == nil: return .shuffle
        case "fletcher32" where level == nil: return .fletcher32
        case "shuffle", "fletcher32": throw ServiceError(.invalid, "only deflate has a \"level\"")
        default:
            let name = json["name"]?.summary ?? "no name"
            throw ServiceError(
                .invalid,
                "\(name) is no filter that is known by name (deflate, shuffle, fletcher32); others have an \"id\"")
        }
    }

    private static func numbered(_ json: JSONTree) throws(ServiceError) -> Filter {
        guard let id = json["id"]?.integer, (1...65_535).contains(id) else {
            let summary = json["id"]?.summary ?? "missing"
            throw ServiceError(.invalid, "a filter's \"id\" is \(summary), not an integer from 1 to 65535")
        }
        guard json["level"] == nil else {
            throw ServiceError(.invalid, "a filter with an \"id\" has \"parameters\" and no \"level\"")
        }
        guard case .list(let list) = json["parameters"] ?? .list([]) else {
            throw ServiceError(.invalid, "a filter's \"parameters\" are a list of integers of 32 bits")
        }
        let parameters = list.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) }
        guard parameters.count == list.count else {
            throw ServiceError(.invalid, "a filter's \"parameters\" are a list of integers of 32 bits")
        }
        return Filter(id: id, name: json["name"]?.text ?? "", isOptional: false, parameters: parameters)
    }
}
