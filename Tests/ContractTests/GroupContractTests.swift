import LockedH5
import Testing

@Suite(.contract) struct GroupContractTests {
    private static let made = """
        f.create_dataset('a/b/d', data=[1, 2])
        f['a/hard'] = f['a/b/d']
        f['a/soft'] = h5py.SoftLink('b/d')
        f['a/dangling'] = h5py.SoftLink('/nothing')
        f['a/external'] = h5py.ExternalLink('other.h5', '/x')
        f['a/cycle'] = f['a']
        f['a/type'] = np.dtype('<i2')
        t = f.create_group('tracked', track_order=True)
        for k in 'zay': t.create_group(k)
        """

    @Test(arguments: Access.allCases)
    func groups_AreMade_WithThoseOnTheWay(access: Access) async throws {
        let file = try await Contract.file(access, h5py: "f['x'] = 1")
        try await file.subject.createGroup("a/b/c", tracksCreationOrder: true)
        try await file.subject.createGroup("a/b/c/z")
        try await file.subject.createGroup("a/b/c/y")
        try await file.subject.requireGroup("a/b")
        try await file.subject.requireGroup("new/way")
        #expect(
            try await file.h5py("n = []; f.visit(n.append); print(*n, *f['a/b/c'])")
                == "a a/b a/b/c a/b/c/y a/b/c/z new new/way x z y")
        #expect(try await file.refusal { try await file.subject.createGroup("a") } == .exists)
        #expect(try await file.refusal { try await file.subject.requireGroup("x") } == .wrongKind)
        #expect(try await file.refusal { try await file.subject.createGroup("x/y") } == .wrongKind)
    }

    @Test(arguments: Access.allCases)
    func members_AreThoseOfH5py(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        let told = try await file.h5py("print(*f['a'], len(f['a']), *f['tracked'])")
        let keys = try await file.subject.keys("a").map(\.description)
        let tracked = try await file.subject.keys("tracked").map(\.description)
        #expect((keys + ["\(try await file.subject.count("a"))"] + tracked).joined(separator: " ") == told)
        #expect(
            try await file.subject.linkClasses("a") == ["hard", "hard", "soft", "external", "hard", "soft", "hard"])
        #expect(try await file.subject.kinds("a") == [.group, .group, .dataset, .dataset, .datatype])
        #expect(try await file.subject.contains("a/b/d"))
        #expect(try await !file.subject.contains("a/dangling"))
        #expect(try await !file.subject.contains("nothing/at/all"))
    }

    @Test(arguments: Access.allCases)
    func get_GivesTheObject_ItsClassOrItsLink(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        #expect(try await file.subject.get("a/nothing") == nil)
        #expect(try await file.subject.get("a/soft") == .dataset)
        #expect(try await file.subject.get("/") == .group)
        #expect(try await file.subject.kind("a/type") == .datatype)
        #expect(try await file.subject.kind("x") == nil)
        #expect(try await file.subject.link("a/b") == .hard)
        #expect(try await file.subject.link("a/soft") == .soft(target: Array("b/d".utf8)))
        #expect(
            try await file.subject.link("a/external")
                == .external(file: Array("other.h5".utf8), target: Array("/x".utf8)))
        #expect(await code { try await file.subject.link("a/none") } == .notFound)
        #expect(await code { try await file.subject.facts("a") } == .wrongKind)
        #expect(await code { try await file.subject.count("a/hard") } == .wrongKind)
        #expect(await code { try await file.subject.count("a/dangling") } == .notFound)
    }

    @Test(arguments: Access.allCases)
    func paths_AreRelative_UnlessTheyBeginWithASlash(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        let relative = try await file.subject.names("b/d", below: "a")
        #expect(relative.dropLast() == ["/", "/a/b/d", "/a/b"])
        #expect(relative.last??.hasSuffix("made.h5") == true)
        #expect(try await file.subject.names("/a/hard", below: "a/b")[1] == "/a/hard")
    }

    @Test(arguments: Access.allCases)
    func visit_GivesEachObjectOnce_AndStops(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.made)
        let names = try await file.subject.visit("/", until: nil)
        #expect(
            names.sorted().joined(separator: " ")
                == (try await file.h5py("n = []; f.visit(n.append); print(*sorted(n))")))
        #expect(try await file.subject.visit("a", until: .datatype) == ["type"])
    }

    @Test(arguments: Access.allCases)
    func links_AreMade_AndMoved(access: Access) async throws {
        let file = try await Contract.file(access, h5py: "f['a/x'] = 1\nf['y'] = 2")
        try await file.subject.link("way/hard", to: .hard("/a/x"))
        try await file.subject.link("object", toDataset: "a/x")
        try await file.subject.link("group", to: .hard("/a"))
        try await file.subject.link("soft", to: .soft(Array("a/x".utf8)))
        try await file.subject.link("external", to: .external(file: Array("o.h5".utf8), target: Array("/x".utf8)))
        try await file.subject.move("a/x", to: "b/z")
        try await file.subject.move("soft", to: "b/soft")
        let told = try await file.h5py(
            """
            print(f['way/hard'] == f['object'] == f['b/z'], f['group'] == f['a'], list(f['a']))
            print(f.get('b/soft', getlink=True).path, f.get('external', getlink=True).filename)
            """)
        #expect(told == "True True []\na/x o.h5")
        #expect(try await file.refusal { try await file.subject.link("n", to: .hard("/none")) } == .notFound)
        #expect(try await file.refusal { try await file.subject.move("object", to: "y") } == .exists)
        #expect(try await file.refusal { try await file.subject.move("a", to: "a/b") } == .invalid)
        #expect(try await file.refusal { try await file.subject.remove("none") } == .notFound)
        #expect(try await file.refusal { try await file.subject.remove("/") } == .invalid)
    }

    @Test(arguments: Access.allCases)
    func dictionary_LosesAndGetsMembers(access: Access) async throws {
        let file = try await Contract.file(
            access,
            h5py: """
                f['a'] = 1
                f['b'] = 2
                f['c'] = [3]
                g = f.create_group('g')
                g['x'] = 1
                g['y'] = h5py.SoftLink('/q')
                """)
        try await file.subject.pop("b")
        #expect(try await file.subject.popItem("/") == "a")
        #expect(try await file.subject.setDefault("c", [9]) == [3])
        #expect(try await file.subject.setDefault("d", [9]) == [9])
        try await file.subject.update(["e": [1, 2], "f": [3]])
        try await file.subject.clear("g")
        try await file.subject.remove("f")
        #expect(
            try await file.h5py("print({k: f[k][:].tolist() for k in 'cde'}, list(f), list(f['g']))")
                == "{'c': [3], 'd': [9], 'e': [1, 2]} ['c', 'd', 'e', 'g'] []")
        #expect(try await file.refusal { try await file.subject.pop("nothing") } == .notFound)
        #expect(try await file.refusal { try await file.subject.update(["new": [1], "c": [2]]) } == .exists)
        #expect(try await file.subject.popItem("g") == nil)
    }

    private static let copied = """
        f['a/d'] = [1, 2]
        f['a/d'].attrs['u'] = 'm'
        f['a/b/e'] = 3
        f['a/soft'] = h5py.SoftLink('/a/d')
        f['refs'] = f['a'].ref
        """

    @Test(arguments: Access.allCases)
    func copies_TakeAlongWhatIsAskedFor(access: Access) async throws {
        let file = try await Contract.file(access, h5py: Self.copied)
        try await file.subject.copy("a", to: "all", CopyOptions())
        var shallow = CopyOptions()
        shallow.isShallow = true
        try await file.subject.copy("a", to: "way/shallow", shallow)
        var expanded = CopyOptions()
        expanded.expandsSoftLinks = true
        expanded.leavesAttributes = true
        try await file.subject.copy("a", to: "expanded", expanded)
        let told = try await file.h5py(
            """
            print(*f['all'], f['all/b/e'][()], f['all/d'].attrs['u'], *f['way/shallow'], len(f['way/shallow/b']))
            print(type(f.get('expanded/soft', getlink=True)).__name__, dict(f['expanded/d'].attrs))
            """)
        #expect(told == "b d soft 3 m b d soft 0\nHardLink {}")
        #expect(try await file.refusal { try await file.subject.copy("a", to: "all", CopyOptions()) } == .exists)
        #expect(try await file.refusal { try await file.subject.copy("none", to: "x", CopyOptions()) } == .notFound)
    }

    @Test(arguments: Access.allCases)
    func copies_AreMade_OfAnotherFile(access: Access) async throws {
        let file = try await Contract.file(access, h5py: "f['x'] = 1")
        try await makeFileBeside(file, "other.h5", Self.copied)
        try await file.subject.copy("a", ofFile: "other.h5", to: "new/a")
        #expect(
            try await file.h5py("print(f['new/a/d'][:].tolist(), f['new/a/d'].attrs['u'], f['x'][()])") == "[1, 2] m 1")
    }

    @Test(arguments: Access.allCases)
    func datatypes_AreCommitted(access: Access) async throws {
        let file = try await Contract.file(access)
        let int32 = Datatype.integer(.init(size: 4, isSigned: true))
        #expect(try await file.subject.commit(int32, at: "types/t") == int32)
        try await file.subject.createDataset(
            "x",
            DatasetCreation(dataspace: .simple([2], maximum: [2]), datatype: int32, committedDatatype: "/types/t"))
        #expect(try await file.h5py("print(f['types/t'].dtype, f['x'].id.get_type().committed())") == "int32 True")
        #expect(try await file.subject.info("x").committedDatatype == CommittedDatatype(path: "/types/t"))
    }
}
