import LockedH5
import LeakCheck
import Testing

private struct Row: CompoundElement {
    var name: String
    var to: Reference
}

@Suite(.leavesNothingOpen) struct ReferencesTests {
    private static let made = """
        f['a/x'] = np.arange(12).reshape(3, 4)
        f.create_dataset('refs', data=[f['a'].ref, f['a/x'].ref, h5py.Reference()], dtype=h5py.ref_dtype)
        f.create_dataset('regions', data=[f['a/x'].regionref[0:2, 1:3]], dtype=h5py.regionref_dtype)
        """

    @Test func references_AreFollowed() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let references = try file.dataset("refs").read(as: Reference.self).elements
            #expect(references.map(\.path) == ["/a", "/a/x", nil])
            #expect(references[2] == .null)
            #expect(try file.dataset(references[1]).shape == [3, 4])
            #expect(try file.group(references[0]).keys == ["x"])
            #expect(throws: ServiceError.self) { try file.dataset(references[2]).shape }
        }
    }

    @Test func regions_AreRead() throws {
        try Scratch(h5py: Self.made).read { file throws(ServiceError) in
            let region: Reference = try file.dataset("regions").value(0)
            let x = try file.dataset(region)
            #expect(try x.read(as: Int.self, region: region) == [1, 2, 5, 6])
        }
    }

    @Test func references_AreReadByH5py() throws {
        let scratch = try Scratch(h5py: Self.made)
        try scratch.write { file throws(ServiceError) in
            let x = try file.dataset("a/x")
            try file.dataset("refs").write([try x.reference, .null, try file.group("a").reference])
            try file.createDataset("new", [try x.regionReference(1, .stride(from: 0, to: 4, by: 2))])
            try file.group("a").attributes.set("self", to: try file.group("a").reference)
            try file.createDataset("rows", [Row(name: "one", to: try x.reference)])
        }
        let told = try scratch.h5py(
            """
            r = f['refs'][:]
            print(f[r[0]].name, bool(r[1]), f[r[2]].name, f['a/x'][f['new'][0]].tolist(), f[f['a'].attrs['self']].name)
            print(f['rows'][0]['name'], f[f['rows'][0]['to']].name)
            """)
        #expect(told == "/a/x False /a [[4, 6]] /a\nb'one' /a/x")
    }
}
