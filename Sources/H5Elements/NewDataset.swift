package import H5Model

/// What a caller chooses of a new dataset.
package struct NewDataset<E: Element> {
    private let shape: Shape
    private let maximumShape: [Int?]?
    private let datatype: Datatype?
    private let chunks: Shape?
    private let filters: [Filter]
    private let fillValue: E?

    package init(
        shape: Shape, maximumShape: [Int?]? = nil, datatype: Datatype? = nil, chunks: Shape? = nil,
        filters: [Filter] = [], fillValue: E? = nil
    ) {
        self.shape = shape
        self.maximumShape = maximumShape
        self.datatype = datatype
        self.chunks = chunks
        self.filters = filters
        self.fillValue = fillValue
    }

    /// - Throws: `invalid` for a datatype that cannot be told, and a fill value that does not fit in it.
    package func creation(example: E?) throws(ServiceError) -> DatasetCreation {
        let type = if let datatype { datatype } else { try E.datatype(for: example) }
        return DatasetCreation(
            dataspace: shape.isEmpty ? .scalar : .simple(shape, maximum: maximumShape ?? shape), datatype: type,
            layout: chunks.map { .chunked($0) } ?? .unspecified, filters: filters,
            fillValue: try fillValue.map { value throws(ServiceError) in
                try NDArray(scalar: value).bytes(as: type.packed(), .lossless, "the fill value")
            })
    }
}
