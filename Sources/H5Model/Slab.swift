/// A run of a hyperslab's elements in row-major order that is itself a hyperslab.
public struct Slab: Equatable, Sendable {
    public var hyperslab: Hyperslab
    /// The number of elements.
    public var count: Int
}

extension Hyperslab {
    /// The longest run of at most `limit` elements (at least one) that starts at element `first` and is a hyperslab.
    ///
    /// Where `chunk` is given and a whole layer of chunks fits, the run ends at a chunk's edge, so that no chunk is
    /// decoded for two runs.
    ///
    /// - Parameter first: A row-major element number below `elementCount`; the end of an earlier run, or 0.
    public func slab(from first: Int, limit: Int, chunk: Shape? = nil) -> Slab {
        guard !spans.isEmpty else { return Slab(hyperslab: self, count: 1) }
        var inner = Array(repeating: 1, count: spans.count)
        for dimension in spans.indices.dropLast().reversed() {
            inner[dimension] = inner[dimension + 1] * spans[dimension + 1].count
        }
        var place = first
        var indices: [Int] = []
        for dimension in spans.indices {
            indices.append(place / inner[dimension])
            place %= inner[dimension]
        }
        let axis =
            spans.indices.first { axis in
                inner[axis] <= max(limit, 1) && indices[(axis + 1)...].allSatisfy { $0 == 0 }
            } ?? spans.count - 1
        let rows = alignedRows(
            axis: axis, index: indices[axis],
            limit: min(spans[axis].count - indices[axis], max(limit / inner[axis], 1)), chunk: chunk)
        var part = self
        for dimension in spans.indices where dimension <= axis {
            part.spans[dimension].start += indices[dimension] * spans[dimension].stride
            part.spans[dimension].count = dimension == axis ? rows : 1
        }
        return Slab(hyperslab: part, count: rows * inner[axis])
    }

    private func alignedRows(axis: Int, index: Int, limit: Int, chunk: Shape?) -> Int {
        let span = spans[axis]
        guard let extent = chunk?[axis], index + limit < span.count else { return limit }
        let end = span.start + (index + limit) * span.stride
        let edge = end / extent * extent
        let rows = (edge - span.start + span.stride - 1) / span.stride - index
        return rows >= 1 ? min(rows, limit) : limit
    }

    /// How many chunks of that shape the hyperslab can touch at the most.
    public func chunkCount(of chunk: Shape) -> Int {
        zip(spans, chunk).map { span, extent in
            min(span.count, ((span.count - 1) * span.stride + extent - 1) / extent + 1)
        }.elementCount ?? .max
    }
}
