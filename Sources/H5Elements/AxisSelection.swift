public import H5Model

/// What is chosen along one dimension: an index, a range, or an item such as `.all` or `.indices([0, 3, 7])`.
///
/// Negative numbers count from the end, and ranges clip, as h5py's slices do.
public protocol AxisSelection: Sendable {
    var item: SelectionExpression.Item { get }
}

extension Int: AxisSelection {
    /// The dimension is not in the result's shape.
    public var item: SelectionExpression.Item { .index(self) }
}

extension Range: AxisSelection where Bound == Int {
    public var item: SelectionExpression.Item { .slice(start: lowerBound, stop: upperBound, step: nil) }
}

extension ClosedRange: AxisSelection where Bound == Int {
    /// To -1 is to the end.
    public var item: SelectionExpression.Item {
        .slice(start: lowerBound, stop: upperBound == -1 ? nil : upperBound + 1, step: nil)
    }
}

extension PartialRangeFrom: AxisSelection where Bound == Int {
    public var item: SelectionExpression.Item { .slice(start: lowerBound, stop: nil, step: nil) }
}

extension PartialRangeUpTo: AxisSelection where Bound == Int {
    public var item: SelectionExpression.Item { .slice(start: nil, stop: upperBound, step: nil) }
}

extension SelectionExpression.Item: AxisSelection {
    public var item: SelectionExpression.Item { self }
}

extension AxisSelection where Self == SelectionExpression.Item {
    /// All indices.
    public static var all: Self { .slice(start: nil, stop: nil, step: nil) }
    /// Every `by`th index of a range; nil for its beginning or end.
    public static func stride(from start: Int? = nil, to stop: Int? = nil, by step: Int) -> Self {
        .slice(start: start, stop: stop, step: step)
    }
    /// Indices that increase; one dimension of a selection can have them.
    public static func indices(_ indices: [Int]) -> Self { .list(indices) }
    /// All indices of as many dimensions as are not named.
    public static var rest: Self { .ellipsis }
}

extension SelectionExpression {
    package init<each Axis: AxisSelection>(axes: repeat each Axis) throws(ServiceError) {
        self.init(items: [])
        repeat items.append((each axes).item)
        for case .slice(_, _, let step?) in items where step < 1 {
            throw ServiceError(.invalid, "the selection's stride \(step) is not at least 1")
        }
        if items.count(where: { $0 == .ellipsis }) > 1 {
            throw ServiceError(.invalid, "the selection has `.rest` twice")
        }
    }
}

extension SelectionExpression {
    /// The expression as it is written: `0:10,5,...`.
    package var text: String {
        items.map(\.text).joined(separator: ",")
    }
}

extension SelectionExpression.Item {
    fileprivate var text: String {
        switch self {
        case .index(let index): "\(index)"
        case .slice(let start, let stop, let step):
            [start, stop].map { $0.map(String.init) ?? "" }.joined(separator: ":") + (step.map { ":\($0)" } ?? "")
        case .list(let indices): "[\(indices.map(String.init).joined(separator: ","))]"
        case .ellipsis: "..."
        }
    }
}

extension Hyperslab {
    /// The chunks of a shape as selections, in row-major order; those at the edges end with the shape.
    package static func chunks(_ chunk: Shape, of shape: Shape) -> [Hyperslab] {
        var slabs = [Hyperslab(spans: [])]
        for (extent, chunk) in zip(shape, chunk) {
            slabs = slabs.flatMap { slab in
                stride(from: 0, to: extent, by: chunk).map { start in
                    Hyperslab(spans: slab.spans + [Span(start: start, count: min(chunk, extent - start))])
                }
            }
        }
        return slabs
    }

    /// The expression that selects the same elements of any shape that has them.
    package var expression: SelectionExpression {
        SelectionExpression(
            items: spans.indices.map { dimension in
                let span = spans[dimension]
                if droppedDimensions.contains(dimension) { return .index(span.start) }
                if span.isList { return .list((0..<span.count).map { span[$0] }) }
                let stop = span.last.map { $0 + 1 } ?? span.start
                return .slice(start: span.start, stop: stop, step: span.stride == 1 ? nil : span.stride)
            })
    }
}
