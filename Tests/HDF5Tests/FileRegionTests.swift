import Foundation
import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct FileRegionTests {
    private func region(
        _ name: String, _ path: ObjectPath, _ spans: [Span]? = nil, as wire: (Datatype) -> Datatype = { $0 }
    ) throws -> (offset: Int, length: Int)? {
        try Fixtures.open(name) { file in
            let dataset = try file.dataset(at: path)
            let all = Selection(all: dataset.dataspace.shape ?? [])
            return try dataset.fileRegion(
                of: spans.map { .hyperslab(Hyperslab(spans: $0)) } ?? all, as: wire(dataset.datatype))
        }
    }

    @Test(arguments: [
        ([Span(start: 0, count: 4), Span(start: 0, count: 6)], 0..<24),
        ([Span(start: 2, count: 2), Span(start: 0, count: 6)], 12..<24),
        ([Span(start: 1, count: 1), Span(start: 2, count: 3)], 8..<11),
        ([Span(start: 3, count: 1), Span(start: 5, count: 1)], 23..<24),
    ])
    func fileRegion_OfOneRun_HoldsTheElements(spans: [Span], elements: Range<Int>) throws {
        let name = "userblock-earliest.h5"
        let found = try #require(try region(name, "/data", spans))
        let file = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path(name)))
        let expected = elements.flatMap { withUnsafeBytes(of: Int32($0).littleEndian) { Array($0) } }
        #expect(Array(file[found.offset..<found.offset + found.length]) == expected)
    }

    @Test(arguments: [
        [Span(start: 0, count: 2), Span(start: 0, count: 5)],
        [Span(start: 0, count: 1), Span(start: 0, stride: 2, count: 3)],
        [Span(start: 0, stride: 2, count: 2), Span(start: 0, count: 6)],
        [Span(start: 0, count: 0), Span(start: 0, count: 6)],
    ])
    func fileRegion_OfSeveralRuns_IsNil(spans: [Span]) throws {
        #expect(try region("userblock-v110.h5", "/data", spans) == nil)
    }

    @Test(arguments: ["/le_i4/gzip", "/compact", "/strings", "/unwritten", "/rows", "/null", "/special/object"])
    func fileRegion_IsNil_WhereBytesAreNotStoredAsTheyTravel(path: String) throws {
        #expect(try region("types-v110.h5", ObjectPath(path)) { $0.packed() } == nil)
    }

    @Test func fileRegion_IsNil_InAnotherByteOrder() throws {
        #expect(try region("types-v110.h5", "/be_i4/contiguous") != nil)
        #expect(try region("types-v110.h5", "/be_i4/contiguous") { $0.packed(order: .little) } == nil)
    }
}
