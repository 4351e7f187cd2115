import LockedH5
import Testing

@Suite(.contract) struct DatasetContractTests {
    private static let made = """
        f['a'] = np.arange(24).reshape(2, 3, 4)
        d = f.create_dataset('c', (5, 7), 'f4', maxshape=(None, 7), chunks=(2, 3), compression=4, shuffle=True, fillvalue=2.5)
        f['s'] = np.int64(7)
        f['null'] = h5py.Empty('f4')
        f['rows'] = np.array([(1, 2.5), (3, 4.5)], [('x', 'i4'), ('y', 'f8')])
        """

    private struct X: CompoundElement, Equatable { var x: Int }

    @Test(arguments: Access.allCases)
    func properties_AreH5pys(access: Access) async throws {
        let subject = try await Contract.file(access, h5py: Self.made).subject
        let expected = Facts(
            shape: [5, 7], maximumShape: [nil, 7], datatype: .float(.init(size: 4)), chunks: [2, 3],
            filters: ["shuffle", "deflate"], size: 35, byteCount: 140, count: 5)
        #expect(try await subject.facts("c") == expected)
        #expect(try await subject.fillValue("c", as: Float.self) == 2.5)
        #expect(try await subject.info("a").layout != subject.info("c").layout)
        #expect(try await subject.info("null").dataspace == .null)
        #expect(await code { try await subject.facts("null") } == .invalid)
        #expect(await code { try await subject.facts("s") } == .invalid)
    }

    @Test(arguments: Access.allCases)
    func read_GivesTheSelectedElements(access: Access) async throws {
        let subject = try await Contract.file(access, h5py: Self.made).subject
        #expect(try await subject.read("a", as: Int.self, .index(1), .all, .index(0)).elements == [12, 16, 20])
        let slices = try await subject.read("a", as: Int.self, (0..<1).item, (1...).item, (..<2).item)
        #expect(slices == (try NDArray(shape: [1, 2, 2], [4, 5, 8, 9])))
        #expect(try await subject.read("a", as: Int.self, .rest, .index(-1)).shape == [2, 3])
        #expect(
            try await subject.read("a", as: Int.self, .index(0), .index(0), .stride(by: 3)) == NDArray([0, 3]))
        #expect(try await subject.read("a", as: Int.self)[1, 2, 3] == 23)
        #expect(try await subject.read("s", as: Int.self) == NDArray(scalar: 7))
        let list = try await subject.read("a", as: Int.self, .index(0), .indices([0, 2]), (1..<3).item)
        #expect(list.elements == [1, 2, 9, 10])
        let chunk = try await subject.chunkSelections("c")
        #expect(chunk.count == 9 && chunk.last?.counts == [1, 1])
    }

    @Test(arguments: Access.allCases)
    func read_GivesChosenElements(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        let told = try await file.h5py("a = f['a'][:]; print(a[a % 5 == 0].tolist())")
        let all = try await file.subject.read("a", as: Int.self)
        let mask = try NDArray(shape: [2, 3, 4], all.elements.map { $0 % 5 == 0 })
        #expect("\(try await file.subject.read("a", as: Int.self, mask: mask))" == told)
        let points = try await file.subject.read("a", as: Int.self, points: [[1, 2, 3], [0, 0, 0], [-1, -1, -1]])
        #expect(points == [23, 0, 23])
        #expect(try await file.subject.read("a", as: Int.self, points: []) == [])
    }

    @Test(arguments: Access.allCases)
    func read_IsRefused_OutsideTheShape(access: Access) async throws {
        let subject = try await Contract.file(access, h5py: Self.made).subject
        let codes = [
            await code { try await subject.read("a", as: Int.self, .index(2)) },
            await code { try await subject.read("s", as: Int.self, .index(0)) },
            await code { try await subject.read("a", as: Int.self, .stride(by: 0)) },
            await code { try await subject.read("a", as: Int.self, points: [[0, 0, 4]]) },
            await code { try await subject.read("a", as: Int.self, points: [[0]]) },
            await code { try await subject.read("a", as: Int.self, mask: NDArray([true])) },
            await code { try await subject.read("a", as: String.self) },
            await code { try await subject.read("null", as: Float.self) },
            await code { try await subject.read("a", as: Int.self, fields: ["x"]) },
            await code { try await subject.read("rows", as: X.self, fields: ["z"]) },
        ]
        #expect(
            codes == [
                .outOfBounds, .invalid, .invalid, .outOfBounds, .invalid, .invalid, .wrongKind, .invalid, .wrongKind,
                .notFound,
            ])
    }

    @Test(arguments: Access.allCases)
    func fields_AreReadAndWritten(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        #expect(try await file.subject.read("rows", as: X.self, fields: ["x"]).elements.map(\.x) == [1, 3])
        try await file.subject.write("rows", [X(x: 9)], (1..<2).item, fields: ["x"])
        #expect(try await file.h5py("print(f['rows'][:].tolist())") == "[(1, 2.5), (9, 4.5)]")
    }

    @Test(arguments: Access.allCases)
    func numbers_AreConverted_AsAskedFor(access: Access) async throws {
        let subject = try await Contract.file(access, h5py: "f['x'] = [1.5, 2.0, 1e300]").subject
        #expect(try await subject.read("x", as: Int.self, .index(1)).elements == [2])
        #expect(await code { try await subject.read("x", as: Int.self, .index(0)) } == .invalid)
        #expect(try await subject.read("x", as: Int.self, .index(0), converting: .rounding).elements == [1])
        #expect(await code { try await subject.read("x", as: Float.self, converting: .rounding) } == .invalid)
    }

    @Test(arguments: Access.allCases)
    func write_ChangesTheSelectedElements(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        try await file.subject.write("a", [100, 200], .index(0), .index(1), (1..<3).item)
        try await file.subject.write("a", value: -1, [.index(1), .indices([0, 2])])
        try await file.subject.write("a", [7, 8], points: [[0, 0, 0], [0, 0, 3]])
        try await file.subject.write("c", try NDArray(shape: [5, 7], (0..<35).map(Double.init)), [], fields: nil)
        try await file.subject.write("s", list: [5], [])
        let told = try await file.h5py(
            "print(f['a'][:].ravel().tolist(), float(f['c'][:].sum()), f['s'][()])")
        #expect(
            told
                == "[7, 1, 2, 8, 4, 100, 200, 7, 8, 9, 10, 11, -1, -1, -1, -1, 16, 17, 18, 19, -1, -1, -1, -1] 595.0 5")
    }

    @Test(arguments: Access.allCases)
    func write_ChangesMaskedElements(access: Access) async throws {
        let file = try await Contract.file(access, h5py: "f['x'] = np.zeros((2, 2), 'i2')")
        let mask = try NDArray(shape: [2, 2], [true, false, false, true])
        try await file.subject.write("x", [1, 2], mask: mask)
        #expect(try await file.h5py("print(f['x'][:].tolist())") == "[[1, 0], [0, 2]]")
    }

    @Test(arguments: Access.allCases)
    func write_IsRefused_AndChangesNothing(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        let subject = file.subject
        let codes = [
            try await file.refusal { try await subject.write("a", list: [1, 2, 3], [.index(0)]) },
            try await file.refusal { try await subject.write("a", list: [1.5], [.index(0), .index(0), .index(0)]) },
            try await file.refusal { try await subject.write("a", list: ["x"], [.index(0), .index(0), .index(0)]) },
            try await file.refusal { try await subject.write("a", value: 1, [.index(2)]) },
            try await file.refusal {
                try await subject.write("a", NDArray([1, 2]), [.index(0), .index(0)], fields: nil)
            },
            try await file.refusal { try await subject.write("null", value: 1, []) },
            try await file.refusal { try await subject.write("a", [1], points: [[9, 9, 9]]) },
            try await file.refusal { try await subject.write("none", value: 1, []) },
        ]
        #expect(
            codes == [.invalid, .invalid, .wrongKind, .outOfBounds, .invalid, .invalid, .outOfBounds, .notFound])
    }

    @Test(arguments: Access.allCases)
    func resize_ShowsAtOnce(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        #expect(try await file.subject.resize("c", to: [6, 7]) == [6, 7])
        #expect(try await file.h5py("print(f['c'].shape, f['c'][5, 0])") == "(6, 7) 2.5")
        #expect(try await file.refusal { _ = try await file.subject.resize("c", to: [6, 8]) } == .outOfBounds)
        #expect(try await file.refusal { _ = try await file.subject.resize("c", to: [6]) } == .invalid)
        #expect(try await file.refusal { _ = try await file.subject.resize("a", to: [1, 1, 1]) } == .unsupported)
    }

    @Test(arguments: Access.allCases)
    func dimensions_HaveLabelsAndScales(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made + "\nf['t'] = [0.0, 1.0]\nf['u'] = [1, 2]")
        try await file.subject.makeScale("t", named: "time")
        try await file.subject.label("a", 0, "t")
        try await file.subject.attach("t", to: "a", 0)
        try await file.subject.attach("u", to: "a", 0)
        try await file.subject.detach("u", from: "a", 0)
        let scales = try await file.subject.dimensionScales("a")
        #expect(scales.scaleName == nil)
        #expect(scales.dimensions.first == DimensionScales.Dimension(label: "t", scales: ["/t"]))
        #expect(try await file.subject.dimensionScales("t").scaleName == "time")
        #expect(
            try await file.h5py("d = f['a'].dims[0]; print(d.label, len(d), d[0] == f['t'], f['t'].is_scale)")
                == "t 1 True True")
        #expect(try await file.refusal { try await file.subject.label("a", 3, "x") } == .outOfBounds)
        #expect(try await file.refusal { try await file.subject.detach("u", from: "a", 0) } == .notFound)
    }

    @Test(arguments: Access.allCases)
    func references_AreFollowed(access: Access) async throws {
        let file = try await Contract.file(
            access,
            h5py: """
                f['a/x'] = np.arange(12).reshape(3, 4)
                f.create_dataset('refs', data=[f['a'].ref, f['a/x'].ref, h5py.Reference()], dtype=h5py.ref_dtype)
                f.create_dataset('regions', data=[f['a/x'].regionref[0:2, 1:3]], dtype=h5py.regionref_dtype)
                """)
        let references = try await file.subject.read("refs", as: Reference.self).elements
        #expect(references.map(\.path) == ["/a", "/a/x", nil])
        #expect(try await file.subject.follow(references[1]) == [3, 4])
        #expect(await code { try await file.subject.follow(references[2]) } == .notFound)
        let region = try await file.subject.read("regions", as: Reference.self).elements[0]
        #expect(try await file.subject.read(region: region) == [1, 2, 5, 6])
        let made = try await file.subject.regionReference("a/x", rows: 1..<3, column: 0)
        try await file.subject.createDataset("new", [made])
        try await file.subject.write("refs", [references[1], .null, try await file.subject.reference("a")])
        let told = try await file.h5py(
            "r = f['refs'][:]; print(f[r[0]].name, bool(r[1]), f[r[2]].name, f['a/x'][f['new'][0]].ravel().tolist())")
        #expect(told == "/a/x False /a [4, 8]")
    }
}
