import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct GroupWritingTests {
    @Test func createGroup_MakesTheWay() throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in
            let c = try file.createGroup("a/b/c", tracksCreationOrder: true)
            try c.createGroup("z")
            try c.createGroup("y")
            #expect(try c.keys == ["z", "y"])
            #expect(try file.requireGroup("a/b").keys == ["c"])
            try file.requireGroup("new/way")
        }
        #expect(
            try scratch.h5py("n = []; f.visit(n.append); print(*n, *f['a/b/c'])")
                == "a a/b a/b/c a/b/c/y a/b/c/z new new/way z y")
    }

    @Test func createDataset_HasWhatIsChosen() throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in
            try file.createDataset(
                "x", NDArray(shape: [2, 3], [1, 2, 3, 4, 5, 6] as [Int32]), maximumShape: [nil, 3], chunks: [1, 3],
                filters: [.shuffle, .deflate(level: 4), .fletcher32], fillValue: -1)
            try file.createDataset("y", of: Double.self, shape: [4], fillValue: 0.5)
            try file.createDataset("z", value: 7)
            try file.createDataset("null", DatasetCreation(dataspace: .null, datatype: .float(.init(size: 8))))
        }
        let told = try scratch.h5py(
            """
            x = f['x']
            print(x[:].tolist(), x.maxshape, x.chunks, x.compression, x.compression_opts, x.shuffle, x.fletcher32, x.fillvalue)
            print(f['y'][:].tolist(), f['z'][()], f['z'].shape, f['null'][()])
            """)
        #expect(
            told == """
                [[1, 2, 3], [4, 5, 6]] (None, 3) (1, 3) gzip 4 True True -1
                [0.5, 0.5, 0.5, 0.5] 7 () Empty(dtype=dtype('<f8'))
                """)
    }

    @Test func createVirtualDataset_IsReadByH5py() throws {
        let scratch = try Scratch(h5py: "f['a'] = np.arange(6.)\nf['b'] = np.arange(12.).reshape(3, 4)")
        try scratch.write { file throws(ServiceError) in
            var layout = VirtualLayout(shape: [3, 6])
            try layout.add("/a", shape: [6], at: 0, .all)
            try layout.add("/b", shape: [3, 4], selection: SelectionExpression(parsing: "2"), at: 2, 0..<4)
            try file.createVirtualDataset("g/all", of: Double.self, layout, fillValue: -1)
        }
        let told = try scratch.h5py("print(f['g/all'].is_virtual, f['g/all'][()].astype(int).tolist())")
        #expect(told == "True [[0, 1, 2, 3, 4, 5], [-1, -1, -1, -1, -1, -1], [8, 9, 10, 11, -1, -1]]")
        var layout = VirtualLayout(shape: [3, 6])
        let error = try failure { try layout.add("/a", shape: [6], at: 0, 0..<4) }
        #expect(error == ServiceError(.invalid, "a source selects 6 elements, its target 4"))
        #expect(layout.sources.isEmpty)
    }

    @Test func createDataset_IsRefused_AndLeavesNothing() throws {
        let scratch = try Scratch(h5py: "f['x'] = 1")
        let exists = try scratch.refusal { file throws(ServiceError) in try file.createDataset("x", [1]) }
        #expect(exists.code == .exists)
        let unfit = try scratch.refusal { file throws(ServiceError) in
            try file.createDataset("way/y", [300], datatype: .integer(.init(size: 1, isSigned: true)))
        }
        #expect(unfit == ServiceError(.invalid, "/way/y holds 8-bit integers, which cannot hold 300"))
    }

    @Test func requireDataset_GivesTheOneThatFits() throws {
        let scratch = try Scratch(h5py: "f['x'] = np.zeros(3, 'f8')\nf.create_group('g')")
        try scratch.write { file throws(ServiceError) in
            #expect(try file.requireDataset("x", of: Float.self, shape: [3]).datatype == .float(.init(size: 8)))
            #expect(try file.requireDataset("new", of: Int8.self, shape: [2]).shape == [2])
        }
        let codes = try [
            scratch.refusal { file throws(ServiceError) in
                try file.requireDataset("x", of: Float.self, shape: [3], exact: true)
            },
            scratch.refusal { file throws(ServiceError) in try file.requireDataset("x", of: Double.self, shape: [4]) },
            scratch.refusal { file throws(ServiceError) in try file.requireDataset("x", of: String.self, shape: [3]) },
            scratch.refusal { file throws(ServiceError) in try file.requireDataset("g", of: Double.self, shape: [3]) },
        ].map(\.code)
        #expect(codes == [.exists, .exists, .exists, .wrongKind])
    }

    @Test func links_AreMade() throws {
        let scratch = try Scratch(h5py: "f['a/x'] = 1")
        try scratch.write { file throws(ServiceError) in
            try file.link("way/hard", to: .hard("/a/x"))
            try file.link("object", to: try file.dataset("a/x"))
            try file.link("group", to: try file.group("a"))
            try file.link("soft", to: .soft(Array("a/x".utf8)))
            try file.link("external", to: .external(file: Array("o.h5".utf8), target: Array("/x".utf8)))
            try file.move("a/x", to: "b/y")
        }
        let told = try scratch.h5py(
            """
            print(f['way/hard'] == f['object'] == f['b/y'], f['group'] == f['a'], list(f['a']))
            print(f.get('soft', getlink=True).path, f.get('external', getlink=True).filename)
            """)
        #expect(told == "True True []\na/x o.h5")
    }

    @Test func dictionary_LosesAndGetsMembers() throws {
        let scratch = try Scratch(
            h5py:
                "f['a'] = 1\nf['b'] = 2\nf['c'] = [3]\ng = f.create_group('g')\ng['x'] = 1\ng['y'] = h5py.SoftLink('/q')"
        )
        try scratch.write { file throws(ServiceError) in
            if case .dataset(let popped) = try file.pop("b") { #expect(try popped.value(as: Int.self) == 2) }
            #expect(try file.popItem()?.name == "a")
            #expect(try file.setDefault("c", [9]).read(as: Int.self).elements == [3])
            #expect(try file.setDefault("d", [9]).read(as: Int.self).elements == [9])
            try file.update(["e": [1, 2], "f": [3]])
            try file.group("g").clear()
            try file.remove("f")
        }
        #expect(
            try scratch.h5py("print({k: f[k][:].tolist() for k in 'cde'}, list(f), list(f['g']))")
                == "{'c': [3], 'd': [9], 'e': [1, 2]} ['c', 'd', 'e', 'g'] []")
        let missing = try scratch.refusal { file throws(ServiceError) in try file.pop("nothing") }
        #expect(missing.code == .notFound)
    }

    @Test func anonymousDatasets_StayWhereALinkIsMade() throws {
        let scratch = try Scratch()
        let creation = DatasetCreation(dataspace: .simple([2], maximum: [2]), datatype: .int32)
        try scratch.write { file throws(ServiceError) in
            let lost = try file.createAnonymousDataset(creation)
            try lost.write([1, 2])
            #expect(lost.name == nil)
            #expect(throws: ServiceError(.invalid, "an anonymous object has no parent")) { try lost.parent }
            let kept = try file.createAnonymousDataset(creation)
            try kept.write([3, 4])
            try kept.attributes.set("unit", to: "m")
            try file.link("kept", to: kept)
        }
        #expect(
            try scratch.h5py("print(list(f), f['kept'][:].tolist(), f['kept'].attrs['unit'])") == "['kept'] [3, 4] m")
    }

    @Test func commit_MakesADatatype_ThatDatasetsHave() throws {
        let scratch = try Scratch()
        try scratch.write { file throws(ServiceError) in
            let type = try file.commit(.int32, at: "types/t")
            #expect(type.datatype == .int32)
            try type.attributes.set("note", to: "counts")
            try file.createDataset(
                "x",
                DatasetCreation(
                    dataspace: .simple([2], maximum: [2]), datatype: .int32, committedDatatype: "/types/t"))
        }
        let told = try scratch.h5py(
            "print(f['types/t'].dtype, f['types/t'].attrs['note'], f['x'].id.get_type().committed())")
        #expect(told == "int32 counts True")
    }
}
