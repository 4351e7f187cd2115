import H5Model
import Testing

@Suite struct SlabTests {
    /// The element numbers of `shape` that a selection has, in its order.
    private func elements(_ selection: Selection, in shape: Shape) -> [Int] {
        switch selection {
        case .points(let points):
            return (0..<points.count).map { zip(points[$0], shape).reduce(0) { $0 * $1.1 + $1.0 } }
        case .hyperslab(let slab):
            var numbers = [0]
            for (span, extent) in zip(slab.spans, shape) {
                numbers = numbers.flatMap { number in (0..<span.count).map { number * extent + span[$0] } }
            }
            return numbers
        }
    }

    private func check(_ whole: Selection, of shape: Shape, limit: Int, chunk: Shape?) {
        var seen: [Int] = []
        while seen.count < whole.elementCount ?? 0 {
            let part = whole.slab(from: seen.count, limit: limit, chunk: chunk)
            #expect(part.count <= limit && part.count > 0)
            let numbers = elements(part.selection, in: shape)
            #expect(numbers.count == part.count)
            seen += numbers
        }
        #expect(seen == elements(whole, in: shape))
    }

    @Test(
        arguments: ["1:7:2,:,::2", "[0,1,4,6],1:,:", ":,[0,2,3],2", "2:5,:,[0,1,4]"],
        [nil, [2, 2, 2], [3, 4, 5], [1, 1, 1]] as [Shape?])
    func slabs_InSequence_CoverEveryElementOnce(text: String, chunk: Shape?) throws {
        let shape = [7, 4, 5]
        for limit in [1, 2, 3, 5, 7, 12, 24, 60, 1000] {
            let whole = try SelectionExpression(parsing: text).resolved(in: shape)
            check(.hyperslab(whole), of: shape, limit: limit, chunk: chunk)
        }
    }

    @Test(arguments: [1, 2, 3, 1000])
    func slabs_OfPoints_KeepTheirOrder(limit: Int) throws {
        let points = try Points(rank: 2, coordinates: [3, 1, 0, 0, 3, 1, 2, 4, 0, 1])
        check(.points(points), of: [4, 5], limit: limit, chunk: [2, 2])
    }

    @Test func slab_WithChunks_EndsAtAChunksEdge() {
        let part = Selection(all: [100, 10]).slab(from: 0, limit: 250, chunk: [10, 10])
        #expect(part.count == 200)
    }

    @Test func slab_OfAList_EndsAtAChunksEdge() throws {
        let list = try Span(indices: [1, 2, 9, 11, 12, 13, 40])
        let slab = Selection.hyperslab(Hyperslab(spans: [list]))
        #expect(slab.slab(from: 0, limit: 5, chunk: [10]).count == 3)
        #expect(slab.chunkLayer(of: [10]) == 3)
        #expect(slab.chunkCount(of: [10]) == 5)
    }

    @Test(arguments: [([0, 1, 1], 1), ([0, 1, 256], 2), ([0, 1, 1000], 5), ([0, 300, 10], 10), ([0, 2, 1000], 9)])
    func chunkCount_OfASpan_BoundsTheChunks(span: [Int], expected: Int) {
        let slab = Selection.hyperslab(Hyperslab(spans: [Span(start: span[0], stride: span[1], count: span[2])]))
        #expect(slab.chunkCount(of: [256]) == expected)
    }

    @Test func slab_OfScalar_IsOneElement() {
        #expect(Selection(all: []).slab(from: 0, limit: 10).count == 1)
    }
}
