/// One dimension of a hyperslab: `count` indices from `start`, `stride` apart, or else a list of indices.
public struct Span: Equatable, Sendable {
    /// The first index; 0 where there is none.
    public let start: Int
    /// How far apart the indices are; meaningless where `isList`.
    public let stride: Int
    public let count: Int
    /// Indices that increase, but not evenly.
    private let list: ArraySlice<Int>?

    public init(start: Int, stride: Int = 1, count: Int) {
        self.start = start
        self.stride = stride
        self.count = count
        list = nil
    }

    /// The indices of a list; one that is evenly spaced is as good as a start and a stride.
    /// - Throws: `invalid` unless the indices increase from 0 on.
    public init(indices: [Int]) throws(ServiceError) {
        var last = -1
        for index in indices {
            guard index > last else {
                let rule = index < 0 ? "an index from 0 on" : "the indices of a list increase"
                throw ServiceError(.invalid, "\(index) follows \(max(last, 0)) in a list: \(rule)")
            }
            last = index
        }
        self.init(increasing: indices[...])
    }

    private init(increasing indices: ArraySlice<Int>) {
        let start = indices.first ?? 0
        let stride = indices.count > 1 ? indices[indices.startIndex + 1] - start : 1
        let isEven = indices.enumerated().allSatisfy { place, index in index == start + place * stride }
        self.start = start
        self.stride = isEven ? stride : 1
        count = indices.count
        list = isEven ? nil : indices
    }

    /// Whether the indices are a list that is not evenly spaced.
    public var isList: Bool { list != nil }

    /// The index at a place from 0 on and below `count`.
    public subscript(place: Int) -> Int {
        if let list { return list[list.startIndex + place] }
        return start + place * stride
    }

    /// The last index; nil where there is none, or it does not fit an `Int`.
    public var last: Int? {
        if let list { return list.last }
        let (reach, overflow) = (count - 1).multipliedReportingOverflow(by: stride)
        let (last, beyond) = start.addingReportingOverflow(reach)
        return count == 0 || overflow || beyond ? nil : last
    }

    /// The indices at the places from `place` on.
    public func part(from place: Int, count: Int) -> Span {
        if let list { return Span(increasing: list[(list.startIndex + place)...].prefix(count)) }
        return Span(start: start + place * stride, stride: stride, count: count)
    }

    /// Every `step`th of the indices, from the first one on.
    public func every(_ step: Int) -> Span {
        guard let list else { return Span(start: start, stride: stride * step, count: (count + step - 1) / step) }
        let places = Swift.stride(from: list.startIndex, to: list.endIndex, by: step)
        return Span(increasing: places.map { list[$0] }[...])
    }

    /// How many of the indices are below `bound`.
    public func count(below bound: Int) -> Int {
        guard let list else {
            return bound <= start ? 0 : min((bound - start - 1) / stride + 1, count)
        }
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The indices as runs of neighbours.
    public var runs: [Range<Int>] {
        var runs: [Range<Int>] = []
        for place in 0..<count {
            let index = self[place]
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<(index + 1)
            } else {
                runs.append(index..<(index + 1))
            }
        }
        return runs
    }

    /// Whether these are all indices of a dimension.
    public func isAll(of extent: Int) -> Bool {
        !isList && start == 0 && stride == 1 && count == extent
    }

    /// How many chunks of that extent the indices touch at the most.
    func chunkCount(of extent: Int) -> Int {
        count == 0 ? 0 : min(count, (self[count - 1] - start + extent - 1) / extent + 1)
    }

    /// How many of the indices are in one chunk of that extent at the most, or about so.
    func mostInChunk(of extent: Int) -> Int {
        guard isList else { return min(count, (extent - 1) / stride + 1) }
        var (most, place) = (0, 0)
        while place < count {
            let next = count(below: (self[place] / extent + 1) * extent)
            most = max(most, next - place)
            place = next
        }
        return most
    }
}
