import LockedH5
import LeakCheck
import Testing

private enum Phase: UInt8, EnumElement { case solid, liquid, gas }
private enum Colour: String, EnumElement { case red = "RED", green = "GREEN" }

@Suite(.leavesNothingOpen) struct ElementsTests {
    @Test func strings_AreReadWithoutPadding() throws {
        let scratch = try Scratch(
            h5py: """
                f['variable'] = ['a', 'b\\u00e9', '']
                f['fixed'] = np.array([b'ab', b'c', b''], 'S3')
                t = h5py.h5t.C_S1.copy(); t.set_size(4); t.set_strpad(h5py.h5t.STR_SPACEPAD)
                d = h5py.h5d.create(f.id, b'spaces', t, h5py.h5s.create_simple((3,)))
                d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b'ab  ', b'c   ', b'    ']), t)
                """)
        try scratch.read { file throws(ServiceError) in
            #expect(try file.dataset("variable").read(as: String.self).elements == ["a", "b\u{e9}", ""])
            #expect(try file.dataset("fixed").read(as: String.self).elements == ["ab", "c", ""])
            #expect(try file.dataset("spaces").read(as: String.self).elements == ["ab", "c", ""])
            #expect(try file.dataset("fixed").read(as: [UInt8].self, 0).elements == [Array("ab".utf8)])
        }
    }

    @Test func strings_AreReadByH5py() throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in
            try file.createDataset("v", ["a", "\u{e9}"])
            try file.createDataset("f", ["ab", ""], datatype: .string(.init(length: 3)))
        }
        let told = try scratch.h5py("print(f['v'].asstr()[:].tolist(), f['f'][:].tolist(), f['f'].dtype)")
        #expect(told == "['a', '\u{e9}'] [b'ab', b''] |S3")
    }

    @Test func strings_AreRefused_WhereTheyDoNotFit() throws {
        let error = try Scratch(h5py: "f['x'] = np.zeros(1, 'S2')").refusal { file throws(ServiceError) in
            try file.dataset("x").write(["abc"])
        }
        #expect(error == ServiceError(.invalid, "/x holds strings of at most 2 bytes, not 3"))
    }

    @Test func booleansAndComplex_AreH5pysOwn() throws {
        let scratch = try Scratch(h5py: "f['b'] = [True, False]\nf['c'] = np.array([1 + 2j], 'c8')")
        try scratch.write { file throws(ServiceError) in
            #expect(try file.dataset("b").read(as: Bool.self).elements == [true, false])
            #expect(try file.dataset("c").read(as: Complex<Float>.self).elements == [Complex(1, 2)])
            #expect(try file.dataset("c").read(as: Complex<Double>.self).elements == [Complex(1, 2)])
            try file.createDataset("b2", [false, true])
            try file.createDataset("c2", value: Complex(0.5, -1))
        }
        let told = try scratch.h5py("print(f['b2'][:].tolist(), f['b2'].dtype, f['c2'][()], f['c2'].dtype)")
        #expect(told == "[False, True] bool (0.5-1j) complex128")
    }

    @Test func enumerations_AreCases() throws {
        let scratch = try Scratch(
            h5py: """
                f.create_dataset('p', data=[2, 0], dtype=h5py.enum_dtype({'solid': 0, 'gas': 2}, 'u1'))
                f.create_dataset('c', data=[7, 3], dtype=h5py.enum_dtype({'RED': 3, 'GREEN': 7}, '>i4'))
                """)
        try scratch.write { file throws(ServiceError) in
            #expect(try file.dataset("p").read(as: Phase.self).elements == [.gas, .solid])
            #expect(try file.dataset("c").read(as: Colour.self).elements == [.green, .red])
            try file.dataset("c").write([Colour.red, .green])
            try file.createDataset("p2", [Phase.liquid])
        }
        let told = try scratch.h5py(
            "print(f['c'][:].tolist(), f['p2'][:].tolist(), h5py.check_enum_dtype(f['p2'].dtype))")
        #expect(told == "[3, 7] [1] {'solid': 0, 'liquid': 1, 'gas': 2}")
    }

    @Test func enumerations_AreRefused_WhereTheyHaveNoSuchMember() throws {
        let scratch = try Scratch(
            h5py: "f.create_dataset('p', data=[5], dtype=h5py.enum_dtype({'solid': 0, 'other': 5}, 'u1'))")
        _ = try scratch.read { file throws(ServiceError) in
            #expect(throws: ServiceError(.invalid, "/p holds 5, which is no case of Phase")) {
                try file.dataset("p").read(as: Phase.self)
            }
        }
        let error = try scratch.refusal { file throws(ServiceError) in try file.dataset("p").write([Phase.gas]) }
        #expect(error == ServiceError(.invalid, "/p holds enumeration values, which cannot hold gas"))
    }
}
