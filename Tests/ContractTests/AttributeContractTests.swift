import LockedH5
import Testing

@Suite(.contract) struct AttributeContractTests {
    private static let made = """
        g = f.create_group('g', track_order=True)
        g.attrs['z'] = 1
        g.attrs['a'] = [1.5, 2.5]
        g.attrs['text'] = 'm'
        g.attrs['none'] = h5py.Empty('i4')
        g.attrs['x'] = np.int16(3)
        """

    @Test(arguments: Access.allCases)
    func attributes_AreRead(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        #expect(try await file.subject.attributeNames("g") == ["z", "a", "text", "none", "x"])
        #expect(try await file.subject.attributeNames("/") == [])
        #expect(try await file.subject.hasAttribute("a", "g"))
        #expect(try await !file.subject.hasAttribute("b", "g"))
        #expect(try await file.subject.attribute("text", "g", as: String.self) == "m")
        #expect(try await file.subject.attributeArray("a", "g", as: Double.self) == NDArray([1.5, 2.5]))
        #expect(try await file.subject.attribute("x", "g", as: Int.self) == 3)
        #expect(try await file.subject.attribute("x", "g").info.datatype == .integer(.init(size: 2, isSigned: true)))
        #expect(try await file.subject.attribute("none", "g").info.dataspace == .null)
        #expect(try await file.subject.attribute("none", "g").value == nil)
    }

    @Test(arguments: Access.allCases)
    func attributes_AreRefused(access: Access) async throws {
        let subject = try await Contract.file(access, h5py: Self.made).subject
        let codes = [
            await code { try await subject.attribute("b", "g", as: Int.self) },
            await code { try await subject.attribute("a", "g", as: Double.self) },
            await code { try await subject.attribute("none", "g", as: Int.self) },
            await code { try await subject.attribute("text", "g", as: Int.self) },
            await code { try await subject.attribute("z", "none", as: Int.self) },
        ]
        #expect(codes == [.notFound, .invalid, .invalid, .wrongKind, .notFound])
    }

    @Test(arguments: Access.allCases)
    func attributes_AreChanged(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        try await file.subject.setAttribute("new", "g", to: NDArray(["a", "b"]), nil)
        try await file.subject.setAttribute("z", "g", to: 0.5)
        try await file.subject.setAttribute("narrow", "g", to: NDArray([7]), .integer(.init(size: 1, isSigned: false)))
        try await file.subject.setAttribute("void", "g", to: NDArray([] as [Int32]), nil)
        try await file.subject.modifyAttribute("a", "g", to: NDArray([3, 4]))
        try await file.subject.modifyAttribute("x", "g", to: NDArray(scalar: 4))
        try await file.subject.removeAttribute("text", "g")
        try await file.subject.setEmptyAttribute("empty", "g", .float(.init(size: 4)))
        try await file.subject.setAttribute("root", "/", to: try NDArray(shape: [1, 2], [1, 2] as [UInt8]), nil)
        let told = try await file.h5py(
            """
            a = f['g'].attrs
            print(sorted(a), a['new'].tolist(), a['z'], a['a'].tolist(), a['a'].dtype, a['empty'])
            print(repr(a['x']), f.attrs['root'].tolist(), a['narrow'].dtype, a['void'].shape)
            """)
        #expect(
            told == """
                ['a', 'empty', 'narrow', 'new', 'none', 'void', 'x', 'z'] ['a', 'b'] 0.5 [3.0, 4.0] float64 Empty(dtype=dtype('<f4'))
                np.int16(4) [[1, 2]] uint8 (0,)
                """)
    }

    @Test(arguments: Access.allCases)
    func attributes_AreNotModified_BeyondTheirTypeAndShape(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        let shape = try await file.refusal { try await file.subject.modifyAttribute("a", "g", to: NDArray(scalar: 1)) }
        #expect(shape == .invalid)
        let value = try await file.refusal {
            try await file.subject.modifyAttribute("x", "g", to: NDArray(scalar: 40_000))
        }
        #expect(value == .invalid)
        #expect(try await file.refusal { try await file.subject.removeAttribute("b", "g") } == .notFound)
        #expect(try await file.refusal { try await file.subject.setAttribute("", "g", to: 1) } == .invalid)
    }

    @Test(arguments: Access.allCases)
    func attributes_CanBeLarge(access: Access) async throws {
        let file = try await Contract.file(access, h5py: "f.create_group('g', track_order=True)")
        try await file.subject.setAttribute("large", "g", to: NDArray(Array(0..<20_000)), nil)
        #expect(try await file.h5py("print((f['g'].attrs['large'] == np.arange(20000)).all())") == "True")
        #expect(try await file.subject.attributeArray("large", "g", as: Int.self).elements.count == 20_000)
    }
}
