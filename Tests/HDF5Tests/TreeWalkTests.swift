import Foundation
import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct TreeWalkTests {
    private func walk(
        _ name: String, from path: ObjectPath = .root, depth: Int? = nil
    ) throws -> [TreeWalk.Found] {
        try Fixtures.open(name) { file in
            var walk = try TreeWalk(from: path, in: file, maximumDepth: depth)
            var found: [TreeWalk.Found] = []
            while let next = try walk.next(in: file) { found.append(next) }
            return found
        }
    }

    @Test(arguments: ["wide", "links", "listing", "types"], Fixtures.bounds)
    func walk_VisitsWhatH5pyFinds(kind: String, bound: String) throws {
        let expected = try Fixtures.expected("\(kind)-\(bound).h5").walk
        #expect(try walk("\(kind)-\(bound).h5").map { Data($0.path.bytes) } == expected)
    }

    @Test(arguments: Fixtures.bounds)
    func walk_ReachesTheBottomOfADeepChain(bound: String) throws {
        let found = try walk("deep-\(bound).h5")
        #expect(found.count == 2000)
        #expect(found.last?.path.names.count == 2000)
    }

    @Test(arguments: [(1, ["b", "type"]), (2, ["b", "b/data", "type"])])
    func walk_EndsAtItsDepth(depth: Int, paths: [String]) throws {
        let found = try walk("links-v110.h5", from: "/a", depth: depth)
        #expect(found.map(\.path) == paths.map { ObjectPath($0) })
    }

    @Test func walk_OfNoLevels_FindsNothing() throws {
        #expect(try walk("links-v110.h5", depth: 0).isEmpty)
    }

    @Test func walk_TellsShapesOfDatasets() throws {
        let found = try walk("links-v110.h5", from: "/a/b")
        let data = try #require(found.first { $0.path == "/data" })
        #expect(data.object.dataspace?.shape == [4])
    }
}
