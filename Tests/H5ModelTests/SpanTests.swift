import H5Model
import Testing

@Suite struct SpanTests {
    private func indices(_ span: Span) -> [Int] { (0..<span.count).map { span[$0] } }

    @Test(arguments: [[], [4], [4, 9], [1, 3, 5, 7], [0, 1, 2]])
    func list_ThatIsEvenlySpaced_IsAStride(list: [Int]) throws {
        let span = try Span(indices: list)
        #expect(!span.isList && indices(span) == list)
    }

    @Test func list_ThatIsUneven_KeepsItsIndices() throws {
        let span = try Span(indices: [0, 1, 5, 6, 7, 20])
        #expect(span.isList && indices(span) == [0, 1, 5, 6, 7, 20])
        #expect(span.runs == [0..<2, 5..<8, 20..<21])
        #expect(span.last == 20)
    }

    @Test(arguments: [[1, 1], [2, 1], [-1, 3]])
    func list_ThatDoesNotIncrease_IsRefused(list: [Int]) {
        #expect(throws: ServiceError.self) { try Span(indices: list) }
    }

    @Test(arguments: [Span(start: 2, stride: 3, count: 5), Span(start: 0, count: 7)])
    func count_BelowABound_IsThatOfItsIndices(span: Span) throws {
        for bound in 0...20 { #expect(span.count(below: bound) == indices(span).count { $0 < bound }) }
    }

    @Test func part_OfAList_IsItsPlaces() throws {
        let span = try Span(indices: [0, 1, 5, 6, 7, 20])
        for bound in 0...21 { #expect(span.count(below: bound) == indices(span).count { $0 < bound }) }
        #expect(indices(span.part(from: 1, count: 3)) == [1, 5, 6])
        #expect(span.part(from: 2, count: 3) == Span(start: 5, count: 3))
    }

    @Test(arguments: [[], [4], [1, 3, 5, 7, 9], [0, 1, 5, 6, 7, 20]], [1, 2, 3, 10])
    func every_OfSomeIndices_BeginsWithTheFirst(list: [Int], step: Int) throws {
        let expected = stride(from: 0, to: list.count, by: step).map { list[$0] }
        #expect(indices(try Span(indices: list).every(step)) == expected)
    }

    @Test func decimated_Selection_LeavesDroppedDimensionsAlone() throws {
        let selection = try SelectionExpression(parsing: "3,1:9,::2").resolved(in: [5, 9, 11])
        let expected = try SelectionExpression(parsing: "3,1:9:3,::4").resolved(in: [5, 9, 11])
        #expect(Selection.hyperslab(selection).decimated(by: [3, 2]) == .hyperslab(expected))
        let points = try Points(rank: 2, coordinates: [0, 1, 2, 3, 4, 5])
        let half = try Points(rank: 2, coordinates: [0, 1, 4, 5])
        #expect(Selection.points(points).decimated(by: [2]) == .points(half))
    }
}
