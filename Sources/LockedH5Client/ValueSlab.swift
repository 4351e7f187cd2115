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
    func expression() throws(HDF5ClientError) -> String? {
        if spans.isEmpty { return nil }
        let text = spans.indices.map { dimension in
            droppedDimensions.contains(dimension) ? "\(spans[dimension].start)" : spans[dimension].expression
        }.joined(separator: ",")
        guard text.utf8.count <= 8 << 10 else {
            throw HDF5ClientError(.notSent("the indices of the selection are too many for one request"))
        }
        return text
    }
}

extension Span {
    fileprivate var expression: String {
        if isList { return "[" + (0..<count).map { "\(self[$0])" }.joined(separator: ",") + "]" }
        guard let last else { return "0:0" }
        return "\(start):\(last + 1)" + (stride == 1 ? "" : ":\(stride)")
    }
}
