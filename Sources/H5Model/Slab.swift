/// A run of a selection's elements, in its order, that is itself a selection.
public struct Slab: Equatable, Sendable {
    public var selection: Selection
    /// The number of elements.
    public var count: Int
}

extension Selection {
    /// As many chunks may be touched by one read: libhdf5 keeps a selection for each.
    private static let mostChunks = 4096

    /// A run as `slab` has it that touches so few chunks that one read can take it.
    public func readableSlab(from first: Int, limit: Int, chunk: Shape?) -> Slab {
        let run = slab(from: first, limit: limit, chunk: chunk)
        guard let chunk, case let touched = run.selection.chunkCount(of: chunk), touched > Self.mostChunks else {
            return run
        }
        return slab(from: first, limit: max(run.count / (touched / Self.mostChunks + 1), 1), chunk: chunk)
    }

    /// The longest run of at most `limit` elements (at least one) that starts at element `first` and is a selection.
    ///
    /// Where `chunk` is given and a whole layer of chunks fits, the run ends at a chunk's edge, so that no chunk is
    /// decoded for two runs.
    ///
    /// - Parameter first: An element number below `elementCount`; the end of an earlier run, or 0.
    public func slab(from first: Int, limit: Int, chunk: Shape? = nil) -> Slab {
        switch self {
        case .hyperslab(let slab):
            return slab.slab(from: first, limit: limit, chunk: chunk)
        case .points(let points):
            let count = min(points.count - first, max(limit, 1))
            return Slab(selection: .points(points.part(from: first, count: count)), count: count)
        }
    }
}

extension Hyperslab {
    fileprivate func slab(from first: Int, limit: Int, chunk: Shape?) -> Slab {
        guard !spans.isEmpty else { return Slab(selection: .hyperslab(self), count: 1) }
        var inner = Array(repeating: 1, count: spans.count)
        for dimension in spans.indices.dropLast().reversed() {
            inner[dimension] = inner[dimension + 1] * spans[dimension + 1].count
        }
        var place = first
        var places: [Int] = []
        for dimension in spans.indices {
            places.append(place / inner[dimension])
            place %= inner[dimension]
        }
        let axis =
            spans.indices.first { axis in
                inner[axis] <= max(limit, 1) && places[(axis + 1)...].allSatisfy { $0 == 0 }
            } ?? spans.count - 1
        let rows = alignedRows(
            axis: axis, place: places[axis],
            limit: min(spans[axis].count - places[axis], max(limit / inner[axis], 1)), chunk: chunk)
        var part = self
        for dimension in spans.indices where dimension <= axis {
            part.spans[dimension] = spans[dimension]
                .part(from: places[dimension], count: dimension == axis ? rows : 1)
        }
        return Slab(selection: .hyperslab(part), count: rows * inner[axis])
    }

    private func alignedRows(axis: Int, place: Int, limit: Int, chunk: Shape?) -> Int {
        let span = spans[axis]
        guard let extent = chunk?[axis], place + limit < span.count else { return limit }
        let edge = span[place + limit] / extent * extent
        let rows = span.count(below: edge) - place
        return rows >= 1 ? min(rows, limit) : limit
    }

    func chunkCount(of chunk: Shape) -> Int {
        zip(spans, chunk).map { $0.chunkCount(of: $1) }.elementCount ?? .max
    }

    func chunkLayer(of chunk: Shape) -> Int? {
        let rows = zip(spans, chunk).map { $0.mostInChunk(of: $1) }
        guard let axis = rows.firstIndex(where: { $0 > 1 }) else { return nil }
        return (rows[axis...axis] + spans[(axis + 1)...].map(\.count)).elementCount
    }
}
