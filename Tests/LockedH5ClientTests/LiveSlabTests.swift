import Foundation
import H5Model
import Synchronization
import Testing

@testable import LockedH5Client

@Suite(.liveServer)
struct LiveSlabTests {
    private let client: HDF5Client

    init() throws {
        client = try LiveServer.client()
    }

    private static let datasets = """
        f['rows'] = numpy.arange(37000, dtype='f8').reshape(1000, 37)
        f.create_dataset('chunks', data=numpy.arange(70000, dtype='>i4').reshape(100, 100, 7), chunks=(30, 40, 7), compression=1)
        f['scalar'] = 6.5
        f['empty'] = numpy.zeros((0, 3))
        f['null'] = h5py.Empty('f4')
        f['text'] = [str(n) for n in range(5000)]
        """

    @Test func slabs_AreAllThatIsSelected() async throws {
        let file = try await H5py.make(Self.datasets)
        let selections: [(ObjectPath, String?)] = [
            ("/rows", nil), ("/rows", "3:900:7,::2"), ("/rows", "5"), ("/rows", "[1,2,900],3:30"), ("/chunks", nil),
            ("/chunks", "10:95,:,3"), ("/chunks", "...,2:5"), ("/scalar", nil), ("/empty", nil), ("/null", nil),
        ]
        for (path, select) in selections {
            let all = try await client.read(path, in: file, select: select, as: Double.self)
            var elements: [Double] = []
            for try await slab in client.slabs(of: path, in: file, select: select, as: Double.self, slabSize: 10_000) {
                #expect(slab.values.count == slab.shape.elementCount)
                #expect(slab.values.count <= 5000)
                elements += slab.values
            }
            #expect(elements == all, "\(path) \(select ?? "")")
        }
    }

    @Test func slabs_EndWithARowAndWithAChunk() async throws {
        let file = try await H5py.make(Self.datasets)
        var shapes: [Shape] = []
        for try await slab in client.slabs(of: "/rows", in: file, as: Double.self, slabSize: 100_000) {
            shapes.append(slab.shape)
        }
        #expect(shapes == [[337, 37], [337, 37], [326, 37]])
        var offsets: [Shape] = []
        for try await slab in client.slabs(of: "/chunks", in: file, select: "10:", as: Int.self, slabSize: 60_000) {
            offsets.append(slab.offset)
        }
        #expect(offsets == [[10, 0, 0], [30, 0, 0], [60, 0, 0], [90, 0, 0]])
    }

    @Test func slabs_MayBeBytesOfAnyDatatype() async throws {
        let file = try await H5py.make(Self.datasets)
        var strings: [String] = []
        for try await slab in client.slabs(ofValue: "/text", in: file, slabSize: 1 << 18) {
            strings += try slab.values.elements(as: String.self)
        }
        #expect(strings == (0..<5000).map(String.init))
    }

    @Test func slabs_TellTheirProgress() async throws {
        let file = try await H5py.make(Self.datasets)
        let told = Mutex<[TransferProgress]>([])
        let slabs = client.slabs(of: "/rows", in: file, as: Double.self, slabSize: 148_000) { progress in
            told.withLock { $0.append(progress) }
        }
        for try await _ in slabs {}
        #expect(told.withLock { $0 } == [148_000, 296_000].map { TransferProgress(bytes: $0, total: 296_000) })
    }

    @Test func slabs_OfAFileThatIsChangedMeanwhileEndWithAnError() async throws {
        let file = try await H5py.make(Self.datasets)
        var seen = 0
        let error = try await failure {
            for try await slab in client.slabs(of: "/rows", in: file, as: Double.self, slabSize: 29_600) {
                if seen == 0 { try await client.setAttribute("a", of: "/rows", in: file, to: 1) }
                #expect(slab.values == (seen..<seen + slab.values.count).map(Double.init))
                seen += slab.values.count
            }
        }
        guard case .changedMeanwhile(let sentence) = error.reason else { throw error }
        #expect(sentence.contains("after \(seen) of 37000 elements"))
        #expect(seen == 3700 || seen == 7400)
    }

    @Test func slabs_OfAFileThatHasJustBeenChangedAreRead() async throws {
        let file = try await H5py.make(Self.datasets)
        let path = try #require(LiveServer.current).root.appending(path: file.description)
        try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path.path)
        var count = 0
        for try await slab in client.slabs(of: "/rows", in: file, as: Double.self, slabSize: 100_000) {
            count += slab.values.count
        }
        #expect(count == 37_000)
    }

    @Test func slabs_UnderALeaseSeeItsOwnWrites() async throws {
        let file = try await H5py.make(Self.datasets)
        try await client.withFile(file, .exclusive) { file in
            for try await slab in file.slabs(of: "/rows", as: Double.self, slabSize: 29_600) {
                try await file.write(
                    slabs: [ValueSlab(slab.selection, slab.values.map { -$0 })].async, to: "/rows")
            }
        }
        let isSo = try await H5py.find(
            "bool((f['rows'][:] == -numpy.arange(37000.).reshape(1000, 37)).all())", in: file)
        #expect(isSo == "true")
    }

    @Test func write_TakesWhatSlabsGive() async throws {
        let file = try await H5py.make(Self.datasets)
        let copy = try await H5py.make("f.create_dataset('to', (100, 100, 7), '<i8', chunks=True)")
        let told = Mutex<[TransferProgress]>([])
        let slabs = client.slabs(of: "/chunks", in: file, as: Int.self, slabSize: 60_000)
        try await client.write(slabs: slabs, to: "/to", in: copy) { progress in
            told.withLock { $0.append(progress) }
        }
        let isSo = try await H5py.find("bool((f['to'][:].ravel() == numpy.arange(70000)).all())", in: copy)
        #expect(isSo == "true")
        #expect(told.withLock { $0.last } == TransferProgress(bytes: 560_000, total: nil))
    }

    @Test func write_ThatFailsTellsWhatIsDone() async throws {
        let file = try await H5py.make("f['x'] = numpy.zeros((4, 2), '<i2')")
        let slabs: [ValueSlab<[Int]>] = [
            ValueSlab(at: [0, 0], shape: [2, 2], [1, 2, 3, 4]), ValueSlab(at: [3, 0], shape: [1, 2], [5, 70_000]),
            ValueSlab(at: [2, 0], shape: [1, 2], [7, 8]),
        ]
        let error = try await failure { try await client.write(slabs: slabs.async, to: "/x", in: file) }
        #expect(error.code == .invalid)
        #expect(error.done == TransferProgress(bytes: 8, total: nil))
        #expect(error.description.hasSuffix("; before, 8 bytes were done"))
        #expect(try await H5py.find("f['x'][:].tolist()", in: file) == "[[1, 2], [3, 4], [0, 0], [0, 0]]")
    }

    @Test func append_PutsRowsBehindTheLast() async throws {
        let file = try await H5py.make("f.create_dataset('x', (1, 2), '<i2', maxshape=(None, 2), fillvalue=9)")
        #expect(try await client.append([1, 2, 3, 4], to: "/x", in: file) == 1..<3)
        let rows = try await client.withFile(file, .exclusive) { file in
            try await file.append(contentsOf: [[5, 6], [], [7, 8, 9, 10]].async, to: "/x")
        }
        #expect(rows == 3..<6)
        let expected = "[[9, 9], [1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]"
        #expect(try await H5py.find("f['x'][:].tolist()", in: file) == expected)
    }

    @Test func append_MayBeAlongAnotherDimension() async throws {
        let file = try await H5py.make("f.create_dataset('x', data=[[1], [2]], maxshape=(2, None), dtype='f4')")
        #expect(try await client.append([10.5, 11, 20, 21], to: "/x", in: file, axis: 1) == 1..<3)
        #expect(try await H5py.find("f['x'][:].tolist()", in: file) == "[[1.0, 10.5, 11.0], [2.0, 20.0, 21.0]]")
    }

    @Test(arguments: [(0, [1, 2, 3]), (2, [1, 2]), (-1, [1, 2])])
    func append_OfWhatFitsNowhereChangesNothing(axis: Int, elements: [Int]) async throws {
        let file = try await H5py.make("f.create_dataset('x', (1, 2), '<i2', maxshape=(None, 2))")
        let error = try await failure { try await client.append(elements, to: "/x", in: file, axis: axis) }
        guard case .notSent = error.reason else { throw error }
        #expect(try await H5py.find("f['x'].shape", in: file) == "[1, 2]")
    }

    @Test func append_BeyondTheMaximumShapeIsRefused() async throws {
        let file = try await H5py.make("f.create_dataset('x', (1,), '<i2', maxshape=(2,))")
        #expect(try await client.append([1], to: "/x", in: file) == 1..<2)
        let error = try await failure { try await client.append([2], to: "/x", in: file) }
        #expect(error.code == .outOfBounds)
    }

    /// The first append meets a tag that the server cannot tell from the state before.
    @Test func append_ToAFileThatHasJustBeenChanged() async throws {
        let file = try await H5py.make("f.create_dataset('x', (0,), '<i2', maxshape=(None,))")
        let path = try #require(LiveServer.current).root.appending(path: file.description)
        for number in 0..<5 {
            try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path.path)
            try await client.append([number], to: "/x", in: file)
        }
        #expect(try await H5py.find("f['x'][:].tolist()", in: file) == "[0, 1, 2, 3, 4]")
    }
}

extension Array where Element: Sendable {
    /// The elements, as if they came one after another.
    var async: AsyncStream<Element> {
        AsyncStream { continuation in
            for element in self { continuation.yield(element) }
            continuation.finish()
        }
    }
}
