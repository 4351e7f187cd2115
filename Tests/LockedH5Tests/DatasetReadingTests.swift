import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct DatasetReadingTests {
    private static let made = """
        f['a'] = np.arange(24).reshape(2, 3, 4)
        d = f.create_dataset('c', (5, 7), 'f4', maxshape=(None, 7), chunks=(2, 3), compression=4, shuffle=True, fillvalue=2.5)
        f['s'] = np.int64(7)
        f['null'] = h5py.Empty('f4')
        """

    @Test func read_GivesTheSelectedElements() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let a = try file.dataset("a")
            #expect(try a.read(as: Int.self, 1, .all, 0) == NDArray(shape: [3], [12, 16, 20]))
            #expect(try a.read(as: Int.self, 0..<1, 1..., ..<2) == NDArray(shape: [1, 2, 2], [4, 5, 8, 9]))
            #expect(try a.read(as: Int.self, .rest, -1) == NDArray(shape: [2, 3], [3, 7, 11, 15, 19, 23]))
            #expect(try a.read(as: Int.self, 0, 0, .stride(from: 0, by: 3)) == NDArray(shape: [2], [0, 3]))
            #expect(try a.read(as: Int.self, 1, 2, 1...2) == NDArray(shape: [2], [21, 22]))
            #expect(try a.read(as: Int.self, 1, 2, -2 ... -1) == NDArray(shape: [2], [22, 23]))
            #expect(try a.value(as: Int.self, 1, 1, 1) == 17)
            #expect(try a.read(as: Int.self)[1, 2, 3] == 23)
            #expect(try file.dataset("s").read(as: Int.self) == NDArray(scalar: 7))
        }
    }

    @Test func read_GivesChosenElements() throws {
        let scratch = try Scratch(h5py: Self.made)
        let told = try scratch.h5py(
            "a = f['a']; m = a[:] % 5 == 0; print(a[0, [0, 2], 1:3].ravel().tolist(), a[m].tolist())")
        let found = try scratch.read { file throws(ServiceError) in
            let a = try file.dataset("a")
            let mask = try NDArray(shape: [2, 3, 4], try a.read(as: Int.self).elements.map { $0 % 5 == 0 })
            #expect(try a.read(as: Int.self, points: [[1, 2, 3], [0, 0, 0], [-1, -1, -1]]) == [23, 0, 23])
            return (
                try a.read(as: Int.self, 0, .indices([0, 2]), 1..<3).elements, try a.read(as: Int.self, mask: mask)
            )
        }
        #expect("\(found.0) \(found.1)" == told)
    }

    @Test func points_AreRefused_OutsideTheShape() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let a = try file.dataset("a")
            let codes = [
                code { try a.read(as: Int.self, points: [[0, 0, 4]]) },
                code { try a.read(as: Int.self, points: [[0]]) },
                code { try a.read(as: Int.self, mask: NDArray([true])) },
            ]
            #expect(codes == [.outOfBounds, .invalid, .invalid])
        }
    }

    @Test func read_IsRefused_OutsideTheShape() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let a = try file.dataset("a")
            let codes = [
                code { try a.read(as: Int.self, 2) }, code { try a.read(as: Int.self, 0, 0, 0, 0) },
                code { try a.read(as: Int.self, .stride(by: 0)) }, code { try a.value(as: Int.self, 0) },
                code { try a.read(as: String.self) }, code { try file.dataset("null").read(as: Float.self) },
            ]
            #expect(codes == [.outOfBounds, .invalid, .invalid, .invalid, .wrongKind, .invalid])
        }
    }

    @Test func properties_AreH5pys() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let c = try file.dataset("c")
            #expect(try c.shape == [5, 7])
            #expect(try c.maximumShape == [nil, 7])
            #expect(c.chunks == [2, 3])
            #expect(c.datatype == .float(.init(size: 4)))
            #expect(try c.size == 35)
            #expect(try c.byteCount == 140)
            #expect(try c.count == 5)
            #expect(try c.filters.map(\.name) == ["shuffle", "deflate"])
            #expect(try c.fillValue(as: Float.self) == 2.5)
            #expect(try c.chunkSelections.count == 9)
            #expect(try file.dataset("a").chunks == nil)
            #expect(try file.dataset("s").shape == [])
            #expect(throws: ServiceError.self) { try file.dataset("null").shape }
            #expect(try file.dataset("null").size == 0)
        }
    }

    @Test func chunkSelections_CoverTheDataset() throws {
        let scratch = try Scratch(h5py: "f.create_dataset('c', data=np.arange(35).reshape(5, 7), chunks=(2, 3))")
        try scratch.read { file throws(ServiceError) in
            let c = try file.dataset("c")
            var all: [Int] = []
            for slab in try c.chunkSelections { all += try c.read(as: Int.self, slab).elements }
            #expect(all.sorted() == Array(0..<35))
            #expect(all.prefix(6) == [0, 1, 2, 7, 8, 9])
        }
    }
}
