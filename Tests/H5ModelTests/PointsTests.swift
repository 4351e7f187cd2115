import H5Model
import Testing

@Suite struct PointsTests {
    @Test func resolved_NegativeNumbers_CountFromTheEnd() throws {
        let points = try Points(rank: 2, coordinates: [-1, 0, 0, -4, 1, 1]).resolved(in: [3, 4])
        #expect(points.coordinates == [2, 0, 0, 0, 1, 1])
    }

    @Test(arguments: [[0, 0, 3, 0], [0, 0, 0, -5], [0, 0, .min, .max]])
    func resolved_Outside_NamesThePoint(coordinates: [Int]) throws {
        let points = try Points(rank: 2, coordinates: coordinates)
        let error = #expect(throws: ServiceError.self) { try points.resolved(in: [3, 4]) }
        #expect(error?.code == .outOfBounds)
        #expect(error?.message.contains("point 1, ") == true)
    }

    @Test func resolved_OfAnotherRank_IsInvalid() throws {
        let error = #expect(throws: ServiceError.self) { try Points(rank: 1, coordinates: [0]).resolved(in: [3, 4]) }
        #expect(error?.code == .invalid)
    }

    @Test(arguments: [(0, [1]), (2, [1]), (-1, [])])
    func points_ThatAreNotWhole_AreRefused(rank: Int, coordinates: [Int]) {
        #expect(throws: ServiceError.self) { try Points(rank: rank, coordinates: coordinates) }
    }

    @Test func part_OfPoints_KeepsTheirOrder() throws {
        let points = try Points(rank: 2, coordinates: [5, 6, 1, 2, 3, 4])
        #expect(points.part(from: 1, count: 2).coordinates == [1, 2, 3, 4])
        #expect(Selection.points(points).resultShape == [3])
        #expect(Selection.points(points).chunkCount(of: [10, 10]) == 1)
        #expect(Selection.points(points).chunkCount(of: [1, 1]) == 3)
    }
}
