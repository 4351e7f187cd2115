import LockedH5
import Testing

private enum Phase: UInt8, EnumElement { case solid, liquid, gas }
private enum Colour: String, EnumElement { case red = "RED", green = "GREEN" }

private struct Place: CompoundElement, Equatable {
    var x: Float
    var y: Float
}

private struct Hit: CompoundElement, Equatable {
    var name: String
    var time: Double
    var phase: Phase
    var place: Place
}

private struct Event: CompoundElement, Equatable {
    var id: Int32
    var samples: [Double]
    var tags: [String]
}

@Suite(.contract) struct ElementContractTests {
    @Test(arguments: Access.allCases)
    func numbers_OfAnySizeAndOrder(access: Access) async throws {
        let file = try await Contract.file(
            access,
            h5py: """
                for t in ('<i1', '>i2', '<i4', '>i8', '<u1', '<u2', '>u4', '<u8', '<f2', '>f4', '<f8'):
                    f[t] = np.array([0, 1, 100], t)
                f['big'] = np.array([2**64 - 1], 'u8')
                f['long'] = np.array([1.5, -2], np.longdouble)
                """)
        for type in ["<i1", ">i2", "<i4", ">i8", "<u1", "<u2", ">u4", "<u8", "<f2", ">f4", "<f8"] {
            #expect(try await file.subject.read(type, as: Int.self).elements == [0, 1, 100], "\(type)")
            #expect(try await file.subject.read(type, as: Float.self).elements == [0, 1, 100], "\(type)")
            try await file.subject.write(type, [1, 2, 3] as [Int16])
        }
        #expect(try await file.subject.read("big", as: UInt64.self).elements == [.max])
        #expect(await code { try await file.subject.read("big", as: Int.self) } == .invalid)
        #expect(try await file.subject.read("long", as: Double.self).elements == [1.5, -2])
        try await file.subject.createDataset("half", [0.5, -1] as [Float16])
        try await file.subject.createDataset("special", [.nan, .infinity, -0.0])
        let told = try await file.h5py(
            "print([f[t][:].tolist() for t in ('<i1', '>i8', '<f2', '>f4')], f['half'].dtype, f['special'][:].tolist())"
        )
        #expect(told == "[[1, 2, 3], [1, 2, 3], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]] float16 [nan, inf, -0.0]")
    }

    @Test(arguments: Access.allCases)
    func strings_OfEveryPadding(access: Access) async throws {
        let file = try await Contract.file(
            access,
            h5py: """
                f['variable'] = ['a', 'b\\u00e9', '']
                f['fixed'] = np.array([b'ab', b'c', b''], 'S3')
                for n, p in (('space', h5py.h5t.STR_SPACEPAD), ('null', h5py.h5t.STR_NULLTERM)):
                    t = h5py.h5t.C_S1.copy(); t.set_size(4); t.set_strpad(p)
                    d = h5py.h5d.create(f.id, n.encode(), t, h5py.h5s.create_simple((2,)))
                    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b'ab', b'c'], 'S4'))
                """)
        #expect(try await file.subject.read("variable", as: String.self).elements == ["a", "b\u{e9}", ""])
        #expect(try await file.subject.read("fixed", as: String.self).elements == ["ab", "c", ""])
        #expect(try await file.subject.read("fixed", as: [UInt8].self, .index(0)).elements == [Array("ab".utf8)])
        for name in ["space", "null"] {
            try await file.subject.write(name, ["xyz"], (1..<2).item)
            #expect(try await file.subject.read(name, as: String.self).elements == ["ab", "xyz"])
        }
        try await file.subject.write("variable", ["\u{65E5}\u{672C}"], (2..<3).item)
        try await file.subject.createDataset("new", ["ab", ""], datatype: .string(.init(length: 3)))
        let told = try await file.h5py("print(f['variable'].asstr()[:].tolist(), f['new'][:].tolist(), f['space'][1])")
        #expect(told == "['a', 'b\u{e9}', '\u{65E5}\u{672C}'] [b'ab', b''] b'xyz'")
        #expect(try await file.refusal { try await file.subject.write("fixed", ["abcd", "", ""]) } == .invalid)
    }

    @Test(arguments: Access.allCases)
    func booleansComplexAndEnumerations(access: Access) async throws {
        let file = try await Contract.file(
            access,
            h5py: """
                f['b'] = [True, False]
                f['c'] = np.array([1 + 2j], 'c8')
                f.create_dataset('p', data=[2, 0], dtype=h5py.enum_dtype({'solid': 0, 'gas': 2}, 'u1'))
                f.create_dataset('e', data=[7, 3], dtype=h5py.enum_dtype({'RED': 3, 'GREEN': 7}, '>i4'))
                """)
        #expect(try await file.subject.read("b", as: Bool.self).elements == [true, false])
        #expect(try await file.subject.read("c", as: Complex<Double>.self).elements == [Complex(1, 2)])
        #expect(try await file.subject.read("p", as: Phase.self).elements == [.gas, .solid])
        #expect(try await file.subject.read("e", as: Colour.self).elements == [.green, .red])
        try await file.subject.write("e", [Colour.red, .green])
        try await file.subject.write("e", value: Colour.red, [.index(1)])
        try await file.subject.createDataset("b2", [false, true])
        try await file.subject.createDataset("c2", value: Complex(0.5, -1))
        try await file.subject.createDataset("p2", [Phase.liquid])
        let told = try await file.h5py(
            """
            print(f['b2'][:].tolist(), f['c2'][()], f['e'][:].tolist(), f['p2'][:].tolist())
            print(h5py.check_enum_dtype(f['p2'].dtype))
            """)
        #expect(told == "[False, True] (0.5-1j) [3, 3] [1]\n{'solid': 0, 'liquid': 1, 'gas': 2}")
        #expect(try await file.refusal { try await file.subject.write("p", [Phase.liquid, .gas]) } == .invalid)
    }

    @Test(arguments: Access.allCases)
    func rows_WhateverTheirOrderAndPadding(access: Access) async throws {
        let file = try await Contract.file(
            access,
            h5py: """
                place = np.dtype({'names': ['y', 'x'], 'formats': ['<f4', '>f4'], 'offsets': [4, 12], 'itemsize': 20})
                hit = np.dtype([('place', place), ('time', '<f4'), ('name', 'S4'), ('phase', h5py.enum_dtype({'solid': 0, 'liquid': 1}, 'u1'))], align=True)
                f['hits'] = np.array([((2, 1), 0.5, b'one', 1), ((4, 3), 1.5, b'two', 0)], hit)
                """)
        let hits = [
            Hit(name: "one", time: 0.5, phase: .liquid, place: Place(x: 1, y: 2)),
            Hit(name: "two", time: 1.5, phase: .solid, place: Place(x: 3, y: 4)),
        ]
        #expect(try await file.subject.read("hits", as: Hit.self).elements == hits)
        let new = Hit(name: "new", time: 2, phase: .solid, place: Place(x: 5, y: 6))
        try await file.subject.write("hits", [new], (1..<2).item)
        try await file.subject.createDataset("made", hits)
        let told = try await file.h5py("print(f['hits'][:].tolist(), f['made'].dtype.names, f['made'][1]['place'])")
        #expect(
            told
                == "[((2.0, 1.0), 0.5, b'one', 1), ((6.0, 5.0), 2.0, b'new', 0)] ('name', 'time', 'phase', 'place') (3.0, 4.0)"
        )
        #expect(await code { try await file.subject.read("hits", as: Place.self) } == .notFound)
    }

    @Test(arguments: Access.allCases)
    func sequencesArraysAndOpaque(access: Access) async throws {
        let file = try await Contract.file(
            access,
            h5py: """
                d = f.create_dataset('arrays', (2,), np.dtype(('>i2', (2, 3))))
                d[...] = np.arange(12).reshape(2, 2, 3)
                v = f.create_dataset('vlen', (2,), h5py.vlen_dtype('<f4'))
                v[0] = [1, 2]; v[1] = []
                f.create_dataset('opaque', data=np.array([b'abc', b'x'], 'V3'))
                t = np.array(['2020-01-01', '2020-01-02'], 'M8[D]')
                f.create_dataset('time', data=t.astype(h5py.opaque_dtype(t.dtype)))
                h5py.h5d.create(f.id, b'bits', h5py.h5t.STD_B16LE, h5py.h5s.create_simple((2,)))
                """)
        let subject = file.subject
        #expect(try await subject.read("arrays", as: [[Int]].self).elements[1] == [[6, 7, 8], [9, 10, 11]])
        #expect(try await subject.read("vlen", as: [Float].self).elements == [[1, 2], []])
        #expect(try await subject.read("opaque", as: [UInt8].self).elements == [Array("abc".utf8), [120, 0, 0]])
        #expect(try await subject.facts("time").datatype == .opaque(size: 8, tag: "NUMPY:<M8[D]"))
        try await subject.write("bits", [1, 0xFFFF] as [UInt16])
        #expect(try await subject.read("bits", as: Int.self).elements == [1, 0xFFFF])
        try await subject.write("arrays", [[[1, 2, 3], [4, 5, 6]]], (0..<1).item)
        try await subject.write("vlen", [[0.5], [7, 8, 9]] as [[Float]])
        try await subject.write("vlen", [[4]] as [[Float]], points: [[1]])
        try await subject.write("opaque", [[1, 2, 3]] as [[UInt8]], (0..<1).item)
        let events = [Event(id: 1, samples: [0.5, 1], tags: ["a"]), Event(id: 2, samples: [], tags: [])]
        try await subject.createDataset("events", events)
        #expect(try await subject.read("events", as: Event.self).elements == events)
        let told = try await file.h5py(
            """
            print(f['arrays'][0].tolist(), [x.tolist() for x in f['vlen'][:]], bytes(f['opaque'][0]))
            print(f['events'][0]['samples'].tolist(), list(f['events'][0]['tags']))
            """)
        #expect(told == "[[1, 2, 3], [4, 5, 6]] [[0.5], [4.0]] b'\\x01\\x02\\x03'\n[0.5, 1.0] [b'a']")
        #expect(try await file.refusal { try await subject.write("opaque", [[1], [2]] as [[UInt8]]) } == .invalid)
    }
}
