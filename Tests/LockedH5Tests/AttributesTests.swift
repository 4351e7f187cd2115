import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct AttributesTests {
    private static let made = """
        g = f.create_group('g', track_order=True)
        g.attrs['z'] = 1
        g.attrs['a'] = [1.5, 2.5]
        g.attrs['text'] = 'm'
        g.attrs['none'] = h5py.Empty('i4')
        f['d'] = 0
        f['d'].attrs['x'] = np.int16(3)
        """

    @Test func attributes_AreRead() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let attributes = try file.group("g").attributes
            #expect(try attributes.names == ["z", "a", "text", "none"])
            #expect(try attributes.count == 4)
            #expect(try attributes.contains("a"))
            #expect(try !attributes.contains("b"))
            let text: String = try attributes["text"]
            #expect(text == "m")
            #expect(try attributes.array("a", as: Double.self) == NDArray([1.5, 2.5]))
            #expect(try file.dataset("d").attributes.get("x", as: Int.self) == 3)
            #expect(try attributes.attribute("none").info.dataspace == .null)
            #expect(try file.attributes.names == [])
        }
    }

    @Test func attributes_AreRefused() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let attributes = try file.group("g").attributes
            let codes = [
                code { try attributes.get("b", as: Int.self) }, code { try attributes.get("a", as: Double.self) },
                code { try attributes.get("none", as: Int.self) }, code { try attributes.get("text", as: Int.self) },
            ]
            #expect(codes == [.notFound, .invalid, .invalid, .wrongKind])
        }
    }

    @Test func attributes_AreChanged() throws {
        let scratch = try Scratch(h5py: Self.made)
        try scratch.write { file throws(ServiceError) in
            let attributes = try file.group("g").attributes
            try attributes.set("new", to: ["a", "b"])
            try attributes.set("z", to: 0.5)
            try attributes.modify("a", to: NDArray([3, 4]))
            try attributes.remove("text")
            try attributes.setEmpty("empty", datatype: .float(.init(size: 4)))
            try file.dataset("d").attributes.modify("x", to: 4)
            try file.attributes.set("root", to: NDArray(shape: [1, 2], [1, 2] as [UInt8]))
        }
        let told = try scratch.h5py(
            """
            a = f['g'].attrs
            print(sorted(a), a['new'].tolist(), a['z'], a['a'].tolist(), a['a'].dtype, a['empty'])
            print(repr(f['d'].attrs['x']), f.attrs['root'].tolist())
            """)
        #expect(
            told == """
                ['a', 'empty', 'new', 'none', 'z'] ['a', 'b'] 0.5 [3.0, 4.0] float64 Empty(dtype=dtype('<f4'))
                np.int16(4) [[1, 2]]
                """)
    }

    @Test func attributes_AreNotModified_ToAnotherShape() throws {
        let scratch = try Scratch(h5py: Self.made)
        let error = try scratch.refusal { file throws(ServiceError) in
            try file.group("g").attributes.modify("a", to: 1)
        }
        #expect(error == ServiceError(.invalid, "the attribute \"a\" of /g has the shape [2], not []"))
    }

    @Test func attributes_CanBeLarge() throws {
        let scratch = try Scratch(.v110)
        let values = Array(0..<20_000)
        try scratch.write { file throws(ServiceError) in try file.attributes.set("large", to: values) }
        #expect(try scratch.h5py("print((f.attrs['large'] == np.arange(20000)).all())") == "True")
    }
}
