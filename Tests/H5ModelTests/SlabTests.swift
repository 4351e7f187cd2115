import H5Model
import Testing

@Suite struct SlabTests {
    /// The element numbers of `shape` that a hyperslab selects, in row-major order.
    private func elements(_ slab: Hyperslab, in shape: Shape) -> [Int] {
        var numbers = [0]
        for (span, extent) in zip(slab.spans, shape) {
            numbers = numbers.flatMap { number in
                (0..<span.count).map { number * extent + span.start + $0 * span.stride }
            }
        }
        return numbers
    }

    @Test(arguments: [1, 2, 3, 5, 7, 12, 24, 60, 1000], [nil, [2, 2, 2], [3, 4, 5], [1, 1, 1]] as [Shape?])
    func slabs_InSequence_CoverEveryElementOnce(limit: Int, chunk: Shape?) throws {
        let shape = [7, 4, 5]
        let whole = try SelectionExpression(parsing: "1:7:2,:,::2").resolved(in: shape)
        var seen: [Int] = []
        while seen.count < whole.elementCount ?? 0 {
            let part = whole.slab(from: seen.count, limit: limit, chunk: chunk)
            #expect(part.count <= limit && part.count > 0)
            let numbers = elements(part.hyperslab, in: shape)
            #expect(numbers.count == part.count)
            seen += numbers
        }
        #expect(seen == elements(whole, in: shape))
    }

    @Test func slab_WithChunks_EndsAtAChunksEdge() {
        let part = Hyperslab(all: [100, 10]).slab(from: 0, limit: 250, chunk: [10, 10])
        #expect(part.count == 200)
    }

    @Test(arguments: [([0, 1, 1], 1), ([0, 1, 256], 2), ([0, 1, 1000], 5), ([0, 300, 10], 10), ([0, 2, 1000], 9)])
    func chunkCount_OfASpan_BoundsTheChunks(span: [Int], expected: Int) {
        let slab = Hyperslab(spans: [Span(start: span[0], stride: span[1], count: span[2])])
        #expect(slab.chunkCount(of: [256]) == expected)
    }

    @Test func slab_OfScalar_IsOneElement() {
        #expect(Hyperslab(all: []).slab(from: 0, limit: 10).count == 1)
    }
}
