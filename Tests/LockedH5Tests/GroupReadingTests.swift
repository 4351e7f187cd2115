import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct GroupReadingTests {
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

    @Test func members_AreListed() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let a = try file.group("a")
            #expect(try a.keys == ["b", "cycle", "dangling", "external", "hard", "soft", "type"])
            #expect(try a.count == 7)
            #expect(try file.group("tracked").keys == ["z", "a", "y"])
            #expect(try a.values.map(\.kind) == [.group, .group, .dataset, .dataset, .datatype])
            #expect(try a.items.map(\.link.className).last == "hard")
            #expect(try a.contains("b/d"))
            #expect(try !a.contains("dangling"))
            #expect(try !a.contains("nothing/at/all"))
        }
    }

    @Test func get_GivesTheObject_OrNothing() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            #expect(try file.get("a/nothing") == nil)
            #expect(try file.kind("a/b/d") == .dataset)
            #expect(try file.kind("a/type") == .datatype)
            #expect(try file.kind("x") == nil)
            #expect(try file.link("a/soft") == .soft(target: Array("b/d".utf8)))
            #expect(try file.link("a/external") == .external(file: Array("other.h5".utf8), target: Array("/x".utf8)))
            if case .dataset(let found) = try file["a/soft"] {
                #expect(try found.shape == [2])
            } else {
                Issue.record("not a dataset")
            }
            #expect(try file.datatype("a/type").datatype == .integer(.init(size: 2, isSigned: true)))
        }
    }

    @Test func paths_AreRelative_UnlessTheyBeginWithASlash() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let b = try file.group("a").group("b")
            #expect(try b.dataset("d").name == "/a/b/d")
            #expect(try b.dataset("/a/hard").name == "/a/hard")
            #expect(b.name == "/a/b")
            #expect(try b.parent == "/a")
            #expect(file.name == "/")
            #expect(b.fileName == "made.h5")
        }
    }

    @Test func id_IsEqual_ForHardLinks() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            #expect(try file.dataset("a/b/d").id == file.dataset("a/hard").id)
            #expect(try file.group("a").id == file.group("a/cycle").id)
            #expect(try file.group("a").id != file.group("a/b").id)
        }
    }

    @Test func visit_GivesEachObjectOnce_AndStops() throws {
        let scratch = try Scratch(h5py: Self.made)
        let names = try scratch.read { file throws(ServiceError) in
            var names: [String] = []
            try file.forEachObject { name, _ in names.append(name) }
            return names
        }
        #expect(
            try names.sorted().joined(separator: " ") == scratch.h5py("n = []; f.visit(n.append); print(*sorted(n))"))
        let found: String? = try scratch.read { file throws(ServiceError) in
            try file.group("a").visitItems { name, object in object.kind == .datatype ? name : nil }
        }
        #expect(found == "type")
    }

    @Test func opening_IsRefused() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let codes = [
                code { try file.dataset("a").size }, code { try file.group("a/hard").count },
                code { try file.dataset("x").size }, code { try file.datatype("a").datatype },
                code { try file.group("a/dangling").count },
            ]
            #expect(codes == [.wrongKind, .wrongKind, .notFound, .wrongKind, .notFound])
        }
    }

    @Test func file_TellsItsProperties() throws {
        let path = try Copy.folder() + "/user.h5"
        try LockedFile.write(path, mode: .create, creation: FileCreation(userBlockSize: 1024)) {
            file throws(ServiceError) in
            #expect(file.mode == .exclusive)
            #expect(try file.libver == (.earliest, .v110))
        }
        try LockedFile.read(path) { file throws(ServiceError) in
            #expect(file.mode == .shared)
            #expect(try file.userBlockSize == 1024)
        }
    }
}
