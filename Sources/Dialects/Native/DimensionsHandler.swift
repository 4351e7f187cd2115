import H5Model
import HDF5JSON
import HTTPMessage
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/dimensions/FILE/PATH
    static func getDimensions(
        _ request: WorkerRequest, _ file: borrowing ReadableFile
    ) throws(ServiceError) -> WorkerAnswer {
        let scales = try file.dimensionScales(of: request.object)
        return try .object(request) { json throws(ServiceError) in
            json.subject(request, kind: .dataset)
            json.key("isScale")
            json.bool(scales.scaleName != nil)
            json.nameOrNull("scaleName", scales.scaleName?.bytes)
            json.key("dimensions")
            json.array { json in
                for dimension in scales.dimensions { json.object { $0.dimension(dimension) } }
            }
            json.hrefs(request, [.datasets])
        }
    }

    // PATCH /v1/dimensions/FILE/PATH
    static func changeDimensions(
        _ request: WorkerRequest, _ change: DimensionChange, _ file: borrowing WritableFile
    ) throws(ServiceError) -> WorkerAnswer {
        try file.change(try change.here(request), of: request.object)
        return try getDimensions(request, file.contents)
    }
}

extension DimensionChange {
    private static let actions = ["scale", "label", "attach", "detach"]

    /// - Throws: `invalid`.
    init(_ body: RequestBody) throws(ServiceError) {
        let known = ["dimension"] + Self.actions.flatMap { [$0, $0 + "Base64"] }
        self = try BodyMembers.read(body, known: known) { members throws(ServiceError) in
            try DimensionChange(members)
        }
    }

    private init(_ members: BodyMembers) throws(ServiceError) {
        var found: [(name: String, bytes: [UInt8])] = []
        for name in Self.actions {
            if members.isNull(name) { throw members.refused(name, .null, "a string") }
            if let bytes = try members.bytes(name) { found.append((name, bytes)) }
        }
        guard found.count == 1, let (action, bytes) = found.first else {
            throw ServiceError(.invalid, "the body needs one of the keys \(Self.actions.joined(separator: ", "))")
        }
        if bytes.contains(0) { throw ServiceError(.invalid, "\"\(action)\" has a NUL, which no name or path can hold") }
        if members.isNull("dimension") { throw members.refused("dimension", .null, "the number of a dimension") }
        let dimension = try members.tree("dimension")
        if action == "scale" {
            if dimension != nil { throw ServiceError(.invalid, "\"scale\" is about the dataset, not a \"dimension\"") }
            self = .makeScale(HDF5Name(bytes: bytes))
            return
        }
        let number = try members.required("dimension", dimension)
        guard let index = number.integer, index >= 0 else {
            throw members.refused("dimension", number, "the number of a dimension, from 0 on")
        }
        switch action {
        case "label": self = .label(index, HDF5Name(bytes: bytes))
        case "attach": self = .attach(index, ObjectPath(bytes: bytes))
        default: self = .detach(index, ObjectPath(bytes: bytes))
        }
    }

    /// The same change, with its paths in the file to which links have led the request.
    fileprivate func here(_ request: WorkerRequest) throws(ServiceError) -> DimensionChange {
        switch self {
        case .makeScale, .label: self
        case .attach(let dimension, let path): .attach(dimension, try request.pathHere(path))
        case .detach(let dimension, let path): .detach(dimension, try request.pathHere(path))
        }
    }
}

extension JSONWriter {
    fileprivate mutating func dimension(_ dimension: DimensionScales.Dimension) {
        member("label", name: dimension.label.bytes)
        let scales = dimension.scales.map { $0.map { HDF5Name(bytes: $0.bytes) } }
        key("scales")
        array { json in
            for scale in scales { scale.map { json.string($0.description) } ?? json.null() }
        }
        guard scales.contains(where: { $0.map { $0.text == nil } ?? false }) else { return }
        key("scalesBase64")
        array { json in
            for scale in scales { scale.map { json.string(utf8: Base64.encode($0.bytes)) } ?? json.null() }
        }
    }

    /// A member that is a name or a path, or null.
    mutating func nameOrNull(_ key: String, _ bytes: [UInt8]?) {
        if let bytes { return member(key, name: bytes) }
        self.key(key)
        null()
    }
}
