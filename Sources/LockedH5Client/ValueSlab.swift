import H5Elements
public import H5Model

/// A part of a dataset's values: the elements of a selection, row-major.
public struct ValueSlab<Values: Sendable>: Sendable {
    /// Where they are in the dataset.
    public var selection: Hyperslab
    /// As many as are selected: a list of elements, or a `Value`.
    public var values: Values

    /// The values of a selection.
    public init(_ selection: Hyperslab, _ values: Values) {
        self.selection = selection
        self.values = values
    }

    /// The values from an index on; all have as many dimensions as the dataset.
    public init(at offset: Shape, shape: Shape, _ values: Values) {
        selection = Hyperslab(spans: zip(offset, shape).map { Span(start: $0, count: $1) })
        self.values = values
    }

    /// The index of the first element in the dataset.
    public var offset: Shape { selection.spans.map(\.start) }
    /// The shape of the values: without the dimensions from which the selection takes one index.
    public var shape: Shape { selection.resultShape }
}

extension ValueSlab: Equatable where Values: Equatable {}

extension Hyperslab {
    /// The selection as requests have it; nil for a scalar.
    /// - Throws: `notSent` for one that has no place in a URL.
    func selectText() throws(HDF5ClientError) -> String? {
        let text = expression.text
        if text.isEmpty { return nil }
        guard text.utf8.count <= ResourceTarget.longestSelect else {
            throw HDF5ClientError(.notSent("the indices of the selection are too many for one request"))
        }
        return text
    }
}
