import LockedH5
import Testing

@Suite(.contract) struct CreationContractTests {
    private static let int32 = Datatype.integer(.init(size: 4, isSigned: true))
    private static let double = Datatype.float(.init(size: 8))

    private static func plain(_ shape: Shape) -> DatasetCreation {
        DatasetCreation(dataspace: .simple(shape, maximum: shape), datatype: int32)
    }

    @Test(arguments: Access.allCases)
    func createDataset_HasWhatIsChosen(access: Access) async throws {
        let file = try await Contract.file(access)
        let values = try NDArray(shape: [2, 3], [1, 2, 3, 4, 5, 6] as [Int32])
        try await file.subject.createDataset(
            "way/x", values,
            Options(
                maximumShape: [nil, 3], chunks: [1, 3], filters: [.shuffle, .deflate(level: 4), .fletcher32],
                fillValue: -1))
        try await file.subject.createDataset("y", of: Double.self, shape: [4], fillValue: 0.5)
        try await file.subject.createDataset("z", value: 7)
        try await file.subject.createDataset("null", DatasetCreation(dataspace: .null, datatype: Self.double))
        try await file.subject.createDataset("narrow", [1, 2], datatype: .integer(.init(size: 1, isSigned: false)))
        try await file.subject.createDataset("empty", [] as [Double])
        let told = try await file.h5py(
            """
            x = f['way/x']
            print(x[:].tolist(), x.maxshape, x.chunks, x.compression, x.compression_opts, x.shuffle, x.fletcher32, x.fillvalue)
            print(f['y'][:].tolist(), f['z'][()], f['z'].shape, f['null'][()], f['narrow'].dtype, f['empty'].shape)
            """)
        #expect(
            told == """
                [[1, 2, 3], [4, 5, 6]] (None, 3) (1, 3) gzip 4 True True -1
                [0.5, 0.5, 0.5, 0.5] 7 () Empty(dtype=dtype('<f8')) uint8 (0,)
                """)
    }

    @Test(arguments: Access.allCases)
    func createDataset_IsRefused_AndLeavesNothing(access: Access) async throws {
        let file = try await Contract.file(access, h5py: "f['x'] = 1")
        let subject = file.subject
        var compact = Self.plain([2])
        compact.layout = .compact
        compact.filters = [.shuffle]
        let codes = [
            try await file.refusal { try await subject.createDataset("x", [1]) },
            try await file.refusal {
                try await subject.createDataset("way/y", [300], datatype: .integer(.init(size: 1, isSigned: true)))
            },
            try await file.refusal { [compact] in try await subject.createDataset("way/z", compact) },
            try await file.refusal { try await subject.createDataset("x/y", [1]) },
        ]
        #expect(codes == [.exists, .invalid, .invalid, .wrongKind])
    }

    @Test(arguments: Access.allCases)
    func requireDataset_GivesTheOneThatFits(access: Access) async throws {
        let file = try await Contract.file(access, h5py: "f['x'] = np.zeros(3, 'f8')\nf.create_group('g')")
        let subject = file.subject
        #expect(try await subject.requireDataset("x", of: Float.self, shape: [3], exact: false) == Self.double)
        let made = try await subject.requireDataset("new", of: Int8.self, shape: [2], exact: true)
        #expect(made == .integer(.init(size: 1, isSigned: true)))
        let codes = [
            try await file.refusal {
                _ = try await subject.requireDataset("x", of: Float.self, shape: [3], exact: true)
            },
            try await file.refusal {
                _ = try await subject.requireDataset("x", of: Double.self, shape: [4], exact: false)
            },
            try await file.refusal {
                _ = try await subject.requireDataset("x", of: String.self, shape: [3], exact: false)
            },
            try await file.refusal {
                _ = try await subject.requireDataset("g", of: Double.self, shape: [3], exact: false)
            },
        ]
        #expect(codes == [.exists, .exists, .exists, .wrongKind])
    }

    @Test(arguments: Access.allCases)
    func layouts_AreThoseOfH5py(access: Access) async throws {
        let file = try await Contract.file(access)
        for (name, layout) in [
            ("compact", DatasetCreation.LayoutChoice.compact), ("contiguous", .contiguous),
            ("chunked", .chunked([2, 5])),
            ("automatic", .automaticChunks),
        ] {
            var creation = Self.plain([100, 1000])
            if name == "compact" { creation.dataspace = .simple([10], maximum: [10]) }
            creation.layout = layout
            try await file.subject.createDataset(name, creation)
        }
        let told = try await file.h5py(
            """
            print([f[n].id.get_create_plist().get_layout() for n in ('compact', 'contiguous', 'chunked', 'automatic')])
            print(f['chunked'].chunks, f['automatic'].chunks == h5py._hl.filters.guess_chunk((100, 1000), None, 4))
            """)
        #expect(told == "[0, 1, 2, 2]\n(2, 5) True")
        #expect(try await file.subject.info("compact").layout == .compact)
        #expect(try await file.subject.info("chunked").layout == .chunked([2, 5]))
    }

    @Test(arguments: Access.allCases)
    func filters_AreThoseOfH5py(access: Access) async throws {
        let file = try await Contract.file(access)
        let filters: [(String, [Filter])] = [
            ("gzip", [.deflate(level: 9)]), ("lzf", [.lzf]), ("szip", [.szip(.entropyCoding, pixelsPerBlock: 16)]),
            ("scaleoffset", [.scaleOffset(.bits(0))]),
            ("numbered", [Filter(id: 32_000, name: "lzf", isOptional: true, parameters: [])]),
        ]
        for (name, filters) in filters {
            var creation = Self.plain([100])
            creation.filters = filters
            try await file.subject.createDataset(name, creation)
        }
        let told = try await file.h5py(
            """
            for n in ('gzip', 'lzf', 'szip', 'scaleoffset', 'numbered'):
                print(f[n].compression, f[n].compression_opts, f[n].scaleoffset, f[n].chunks)
            """)
        #expect(
            told == """
                gzip 9 None (100,)
                lzf None None (100,)
                szip ('ec', 16) None (100,)
                None None 0 (100,)
                lzf None None (100,)
                """)
        #expect(try await file.subject.info("szip").filters.map(\.szipMethod) == [.entropyCoding])
    }

    @Test(arguments: Access.allCases)
    func fillTimesTimesAndOrder_AreKept(access: Access) async throws {
        let file = try await Contract.file(access)
        var creation = Self.plain([2])
        creation.fillTime = .never
        creation.tracksTimes = true
        creation.tracksCreationOrder = true
        try await file.subject.createDataset("x", creation)
        let told = try await file.h5py(
            "p = f['x'].id.get_create_plist(); print(p.get_fill_time(), p.get_obj_track_times(), p.get_attr_creation_order())"
        )
        #expect(told == "1 1 3")
        let info = try await file.subject.info("x")
        #expect(info.fillTime == .never && info.tracksTimes && info.tracksCreationOrder && !info.storesFillValue)
    }

    @Test(arguments: Access.allCases)
    func virtualDatasets_AreMadeAndRead(access: Access) async throws {
        let file = try await Contract.file(access, h5py: "f['s'] = np.arange(10)")
        try await makeFileBeside(file, "other.h5", "f['t'] = np.arange(100, 105)")
        var creation = DatasetCreation(
            dataspace: .simple([2, 5], maximum: [2, 5]), datatype: .integer(.init(size: 8, isSigned: true)))
        creation.sources = [
            VirtualSource(
                file: Array(".".utf8), path: Array("/s".utf8),
                source: .blocks([BlockSpan(start: 1, stride: 2, count: 5)]),
                target: .blocks([BlockSpan(start: 0, count: 1), BlockSpan(start: 0, stride: 5, count: 1, block: 5)])),
            VirtualSource(
                file: Array("other.h5".utf8), path: Array("/t".utf8),
                source: .blocks([BlockSpan(start: 0, stride: 5, count: 1, block: 5)]),
                target: .blocks([BlockSpan(start: 1, count: 1), BlockSpan(start: 0, stride: 5, count: 1, block: 5)])),
        ]
        try await file.subject.createDataset("v", creation)
        #expect(try await file.h5py("print(f['v'][:].tolist())") == "[[1, 3, 5, 7, 9], [100, 101, 102, 103, 104]]")
        #expect(try await file.subject.read("v", as: Int.self).elements == [1, 3, 5, 7, 9, 100, 101, 102, 103, 104])
        #expect(try await file.subject.info("v").sources.count == 2)
    }
}
