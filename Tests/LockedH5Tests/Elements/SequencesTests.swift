import LockedH5
import LeakCheck
import Testing

private struct Event: CompoundElement, Equatable {
    var id: Int32
    var samples: [Double]
    var tags: [String]
}

@Suite(.leavesNothingOpen) struct SequencesTests {
    private static let made = """
        d = f.create_dataset('arrays', (2,), np.dtype(('>i2', (2, 3))))
        d[...] = np.arange(12).reshape(2, 2, 3)
        v = f.create_dataset('vlen', (2,), h5py.vlen_dtype('<f4'))
        v[0] = [1, 2]; v[1] = []
        s = f.create_dataset('opaque', data=np.array([b'abc', b'x'], 'V3'))
        t = np.array(['2020-01-01', '2020-01-02'], 'M8[D]')
        f.create_dataset('time', data=t.astype(h5py.opaque_dtype(t.dtype)))
        f['long'] = np.array([1.5, -2], np.longdouble)
        """

    @Test func sequences_AreArrays() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            #expect(
                try file.dataset("arrays").read(as: [[Int]].self).elements
                    == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]])
            #expect(try file.dataset("vlen").read(as: [Float].self).elements == [[1, 2], []])
            #expect(try file.dataset("opaque").read(as: [UInt8].self).elements == [Array("abc".utf8), [120, 0, 0]])
            #expect(try file.dataset("time").value(as: [UInt8].self, 1).count == 8)
            #expect(try file.dataset("time").datatype == .opaque(size: 8, tag: "NUMPY:<M8[D]"))
            #expect(try file.dataset("long").read(as: Double.self).elements == [1.5, -2])
        }
    }

    /// What bytes are read as, whatever whoever sent them says of their shape.
    private func read<E: Element>(
        _: E.Type, _ bytes: [UInt8], _ shape: Shape, _ type: Datatype
    ) throws(ServiceError) -> [E] {
        try NDArray<E>(bytes, shape: shape, as: type, .rounding, "/x").elements
    }

    @Test(arguments: [[-1], [3], [Int.max], [-1, -1], [1 << 40]] as [Shape])
    func shapes_OfOtherBytesAreDamage(shape: Shape) {
        let (byte, double) = (Datatype.integer(.init(size: 1, isSigned: false)), Datatype.float(.init(size: 8)))
        let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
        let reads: [() throws -> Any] = [
            { try read(Double.self, bytes, shape, double) },
            { try read(Int.self, bytes, [8] + shape, byte) },
            { try read(String.self, bytes, shape, .string(.init(length: 4))) },
            { try read([[UInt8]].self, [8, 0, 0, 0] + bytes, shape, .variableLength(of: .text)) },
        ]
        for read in reads {
            let error = #expect(throws: ServiceError.self) { try read() }
            #expect(error.map { [.damaged, .invalid, .tooLarge].contains($0.code) } == true)
        }
    }

    @Test(arguments: [
        [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80], [5, 0, 0, 0, 1, 2, 3, 4], [7, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7],
    ])
    func counts_OfOtherBytesAreDamage(bytes: [UInt8]) {
        let short = Datatype.integer(.init(size: 2, isSigned: true))
        let reads: [() throws -> Any] = [
            { try read([Int].self, bytes, [1], .variableLength(of: short)) },
            { try read([[Int]].self, bytes, [1], .variableLength(of: .array(of: short, shape: [2]))) },
            { try read([String].self, bytes, [1], .variableLength(of: .text)) },
        ]
        for read in reads {
            let error = #expect(throws: ServiceError.self) { try read() }
            #expect(error?.code == .damaged)
        }
    }

    @Test func extendedFloats_ThatNoDoubleIsAreNotRead() throws {
        let made = """
            for n, x in {'least': '4.9406564584124654e-324', 'below': '1e-4940', 'half': '2.4703282292062327e-324',
                         'zero': '-0.0'}.items():
                f[n] = np.array([np.longdouble(x)])
            f['least'][0] = np.ldexp(np.longdouble(1), -1074)
            """
        try Scratch(h5py: made).read { file throws(ServiceError) in
            #expect(try file.dataset("least").read(as: Double.self).elements == [.leastNonzeroMagnitude])
            #expect(try file.dataset("zero").read(as: Double.self).elements == [0])
            for name in ["below", "half"] as [ObjectPath] {
                let dataset = try file.dataset(name)
                let error = #expect(throws: ServiceError.self) { try dataset.read(as: Double.self) }
                #expect(error?.code == .invalid)
                #expect(try dataset.read(as: Double.self, converting: .rounding).elements == [0])
            }
        }
    }

    @Test func sequences_AreReadByH5py() throws {
        let scratch = try Scratch(h5py: Self.made)
        try scratch.write { file throws(ServiceError) in
            try file.dataset("arrays").write([[[1, 2, 3], [4, 5, 6]]], 0..<1)
            try file.dataset("vlen").write([[0.5], [7, 8, 9]] as [[Float]])
            try file.dataset("opaque").write([[1, 2, 3]] as [[UInt8]], 0..<1)
            try file.createDataset("new", [[1, 2], [], [3]] as [[Int16]])
            try file.createDataset("words", [["a", "bc"], []])
        }
        let told = try scratch.h5py(
            """
            print(f['arrays'][0].tolist(), [x.tolist() for x in f['vlen'][:]], bytes(f['opaque'][0]))
            print([x.tolist() for x in f['new'][:]], f['new'].dtype.metadata['vlen'], [list(x) for x in f['words'][:]])
            """)
        #expect(
            told == """
                [[1, 2, 3], [4, 5, 6]] [[0.5], [7.0, 8.0, 9.0]] b'\\x01\\x02\\x03'
                [[1, 2], [], [3]] int16 [[b'a', b'bc'], []]
                """)
    }

    @Test func sequences_AreRefused_WhereTheyDoNotFit() throws {
        let scratch = try Scratch(h5py: Self.made)
        let length = try scratch.refusal { file throws(ServiceError) in
            try file.dataset("arrays").write([[[1, 2], [3, 4]]], 0..<1)
        }
        #expect(length.code == .invalid)
        let opaque = try scratch.refusal { file throws(ServiceError) in
            try file.dataset("opaque").write([[1]] as [[UInt8]], 0..<1)
        }
        #expect(opaque == ServiceError(.invalid, "/opaque holds opaque values of 3 bytes, not of 1"))
    }

    @Test func rows_HoldSequences() throws {
        let scratch = try Scratch()
        let events = [
            Event(id: 1, samples: [0.5, 1], tags: ["a"]), Event(id: 2, samples: [], tags: []),
            Event(id: 3, samples: [2], tags: ["b", "c"]),
        ]
        try scratch.write { file throws(ServiceError) in try file.createDataset("e", events) }
        let rows = try scratch.read { file throws(ServiceError) in try file.dataset("e").read(as: Event.self).elements }
        #expect(rows == events)
        let told = try scratch.h5py("e = f['e']; print(e[2]['id'], e[0]['samples'].tolist(), list(e[2]['tags']))")
        #expect(told == "3 [0.5, 1.0] [b'b', b'c']")
    }
}
