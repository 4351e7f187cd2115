public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

extension RemoteDataset {
    /// The dimensions' labels and scales, and whether the dataset is a scale itself.
    public var dimensionScales: DimensionScales {
        get async throws(HDF5ClientError) {
            let answer = try await place.client.send(
                place.client.request(place.target("dimensions"), place.options), place.options)
            return try answer.understood { try DimensionScales(AnswerObject(answer.body)) }
        }
    }

    /// Makes the dataset a dimension scale.
    /// - Throws: `invalid` for a dataset that has scales itself.
    public func makeScale(named name: HDF5Name = "") async throws(HDF5ClientError) {
        try await change { $0.member("scale", name: name.bytes) }
    }

    /// Labels a dimension.
    /// - Throws: `out_of_bounds` for a dimension that there is not.
    public func labelDimension(_ dimension: Int, _ label: HDF5Name) async throws(HDF5ClientError) {
        try await change(dimension) { $0.member("label", name: label.bytes) }
    }

    /// Attaches a scale to a dimension; a dataset that is none becomes one.
    /// - Throws: `out_of_bounds` for a dimension that there is not; `invalid` where a scale would have a scale.
    public func attachScale(_ scale: RemoteDataset, to dimension: Int) async throws(HDF5ClientError) {
        try await change(dimension) { $0.member("attach", name: scale.path.bytes) }
    }

    /// Detaches a scale from a dimension.
    /// - Throws: `not_found` for one that is not attached; `out_of_bounds` for a dimension that there is not.
    public func detachScale(_ scale: RemoteDataset, from dimension: Int) async throws(HDF5ClientError) {
        try await change(dimension) { $0.member("detach", name: scale.path.bytes) }
    }

    private func change(
        _ dimension: Int? = nil, _ what: (inout JSONWriter) -> Void
    ) async throws(HDF5ClientError) {
        let body = JSONWriter.object { json in
            if let dimension { json.member("dimension", dimension) }
            what(&json)
        }
        try await place.send(Change(method: .patch, target: place.target("dimensions"), body: .json(body)))
    }
}

extension DimensionScales {
    fileprivate init(_ answer: AnswerObject) throws {
        guard case .list(let dimensions) = try answer.tree("dimensions") else {
            throw AnswerError("its dimensions are no list")
        }
        let name = try answer.flag("isScale") ? try answer.bytes("scaleName") : nil
        self.init(
            scaleName: name.map { HDF5Name(bytes: $0) }, dimensions: try dimensions.map(DimensionScales.dimension))
    }

    private static func dimension(_ json: JSONTree) throws -> Dimension {
        guard let label = json["label"].flatMap({ AnswerObject.bytes($0, json["labelBase64"]) }),
            case .list(let scales)? = json["scales"]
        else { throw AnswerError("one of its dimensions has no label or no scales") }
        var encoded: [JSONTree] = []
        if case .list(let list)? = json["scalesBase64"], list.count == scales.count { encoded = list }
        let paths = scales.enumerated().map { index, scale -> ObjectPath? in
            let base64 = encoded.isEmpty || encoded[index] == .null ? nil : encoded[index]
            return AnswerObject.bytes(scale, base64).map(ObjectPath.init(bytes:))
        }
        return Dimension(label: HDF5Name(bytes: label), scales: paths)
    }
}
