/// Elements of a dataset, in an order.
public enum Selection: Equatable, Sendable {
    /// In row-major order.
    case hyperslab(Hyperslab)
    case points(Points)

    /// All elements of `shape`.
    public init(all shape: Shape) {
        self = .hyperslab(Hyperslab(all: shape))
    }

    /// The shape that a caller gets.
    public var resultShape: Shape {
        switch self {
        case .hyperslab(let slab): slab.resultShape
        case .points(let points): [points.count]
        }
    }

    /// Only every so many indices of each dimension of the result, from the first one on.
    /// - Parameter steps: One at least for each dimension of `resultShape`.
    public func decimated(by steps: [Int]) -> Selection {
        switch self {
        case .hyperslab(var slab):
            let dimensions = slab.spans.indices.filter { !slab.droppedDimensions.contains($0) }
            for (dimension, step) in zip(dimensions, steps) {
                slab.spans[dimension] = slab.spans[dimension].every(step)
            }
            return .hyperslab(slab)
        case .points(let points): return .points(points.every(steps.first ?? 1))
        }
    }

    /// The number of elements; nil where it does not fit an `Int`.
    public var elementCount: Int? {
        switch self {
        case .hyperslab(let slab): slab.elementCount
        case .points(let points): points.count
        }
    }

    /// How many chunks of that shape the elements can touch at the most.
    public func chunkCount(of chunk: Shape) -> Int {
        switch self {
        case .hyperslab(let slab): slab.chunkCount(of: chunk)
        case .points(let points): points.chunkCount(of: chunk)
        }
    }

    /// The elements of one layer of chunks: of the slowest dimension along which a chunk has several selected indices.
    public func chunkLayer(of chunk: Shape?) -> Int? {
        guard case .hyperslab(let slab) = self, let chunk else { return nil }
        return slab.chunkLayer(of: chunk)
    }
}

/// A hyperslab of a shape: one span a dimension (none for a scalar), of which one may be a list.
public struct Hyperslab: Equatable, Sendable {
    public var spans: [Span]
    /// Dimensions that a plain index chose: present in `spans` with count 1, absent from `resultShape`.
    public var droppedDimensions: Set<Int>

    public init(spans: [Span], droppedDimensions: Set<Int> = []) {
        self.spans = spans
        self.droppedDimensions = droppedDimensions
    }

    /// All elements of `shape`.
    public init(all shape: Shape) {
        self.init(spans: shape.map { Span(start: 0, count: $0) })
    }

    /// Selected extents, one for each dimension of the dataspace.
    public var counts: Shape { spans.map(\.count) }

    /// The shape that a caller gets: without the dropped dimensions.
    public var resultShape: Shape {
        spans.indices.filter { !droppedDimensions.contains($0) }.map { spans[$0].count }
    }

    public var elementCount: Int? { counts.elementCount }
}
