/// Elements that are chosen one by one, in an order of their own; one may be chosen again.
public struct Points: Equatable, Sendable {
    /// The number of dimensions, one at least.
    public let rank: Int
    /// The indices of each point, one point after another.
    public let coordinates: [Int]

    /// - Throws: `invalid` where the coordinates are no whole points.
    public init(rank: Int, coordinates: [Int]) throws(ServiceError) {
        guard rank > 0, coordinates.count % rank == 0 else {
            throw ServiceError(.invalid, "\(coordinates.count) coordinates are no whole points of \(rank) dimensions")
        }
        self.init(rank: rank, whole: coordinates)
    }

    private init(rank: Int, whole coordinates: [Int]) {
        self.rank = rank
        self.coordinates = coordinates
    }

    /// The number of points.
    public var count: Int { coordinates.count / rank }

    /// The indices of one point.
    public subscript(point: Int) -> ArraySlice<Int> {
        coordinates[point * rank..<(point + 1) * rank]
    }

    /// The points from one on.
    public func part(from first: Int, count: Int) -> Points {
        if first == 0 && count == self.count { return self }
        return Points(rank: rank, whole: Array(coordinates[first * rank..<(first + count) * rank]))
    }

    /// Every `step`th point, from the first one on.
    public func every(_ step: Int) -> Points {
        Points(rank: rank, whole: stride(from: 0, to: count, by: step).flatMap { self[$0] })
    }

    /// The same points without numbers that count from a dimension's end.
    /// - Throws: `invalid` for points of another rank, `out_of_bounds` for the first point outside `shape`.
    public func resolved(in shape: Shape) throws(ServiceError) -> Points {
        guard rank == shape.count else {
            throw ServiceError(.invalid, "the points have \(rank) dimensions, the dataset has \(shape.count)")
        }
        var resolved = coordinates
        for place in resolved.indices {
            let (index, extent) = (resolved[place], shape[place % rank])
            guard index >= -extent, index < extent else {
                throw ServiceError(
                    .outOfBounds, "point \(place / rank), \(Array(self[place / rank])), is outside the shape \(shape)")
            }
            if index < 0 { resolved[place] = index + extent }
        }
        return Points(rank: rank, whole: resolved)
    }

    /// How many chunks of that shape the points touch at the most.
    func chunkCount(of chunk: Shape) -> Int {
        var chunks: Shape = []
        for dimension in 0..<rank {
            let indices = stride(from: dimension, to: coordinates.count, by: rank).lazy.map { coordinates[$0] }
            guard let least = indices.min(), let most = indices.max() else { return 0 }
            chunks.append(most / chunk[dimension] - least / chunk[dimension] + 1)
        }
        return min(chunks.elementCount ?? count, count)
    }
}
