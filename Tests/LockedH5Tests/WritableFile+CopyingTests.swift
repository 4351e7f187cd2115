import H5Model
import LeakCheck
import LockedH5
import Testing

@Suite(.leavesNothingOpen) struct WritableFileCopyingTests {
    private static let source = """
        f["a/x"] = np.arange(3)
        f["a/x"].attrs["unit"] = "mm"
        f["a/inner/deep"] = 1
        f["a/soft"] = h5py.SoftLink("/a/x")
        """

    private func options(_ change: (inout CopyOptions) -> Void) -> CopyOptions {
        var options = CopyOptions()
        change(&options)
        return options
    }

    @Test func copy_InsideAFile_TakesAllAlong() throws {
        let scratch = try Scratch(h5py: Self.source)
        try scratch.write { file throws(ServiceError) in try file.copy("/a", to: "/new/b") }
        let told = try scratch.h5py(
            "print(list(f['new/b']), f['new/b/x'][()].tolist(), f['new/b/x'].attrs['unit'], f['new/b/inner/deep'][()])")
        #expect(told == "['inner', 'soft', 'x'] [0, 1, 2] mm 1")
    }

    @Test func copy_WithOptions_LeavesOrExpands() throws {
        let scratch = try Scratch(h5py: Self.source)
        let shallow = options { ($0.isShallow, $0.leavesAttributes) = (true, true) }
        try scratch.write { file throws(ServiceError) in
            try file.copy("/a", to: "/shallow", shallow)
            try file.copy("/a", to: "/expanded", self.options { $0.expandsSoftLinks = true })
        }
        let told = try scratch.h5py(
            "print(list(f['shallow/inner']), len(f['shallow/x'].attrs), f['expanded'].get('soft', getlink=True).__class__.__name__)"
        )
        #expect(told == "[] 0 HardLink")
    }

    @Test func copy_BetweenFiles_LeavesTheSourceAsItIs() throws {
        let source = try Scratch(h5py: Self.source)
        let target = try Scratch()
        let before = try Copy(at: source.path).state()
        try LockedFile.read(source.path) { file throws(ServiceError) in
            try LockedFile.write(target.path) { own throws(ServiceError) in try own.copy("/a/x", of: file, to: "/y") }
        }
        #expect(try target.h5py("print(f['y'][()].tolist(), f['y'].attrs['unit'])") == "[0, 1, 2] mm")
        #expect(try Copy(at: source.path).state() == before)
    }

    @Test func copy_OfAnObject_GoesBelowTheGroupThatIsAsked() throws {
        let source = try Scratch(h5py: Self.source)
        let target = try Scratch(h5py: "f['own/z'] = 7")
        try LockedFile.read(source.path) { file throws(ServiceError) in
            try LockedFile.write(target.path) { own throws(ServiceError) in
                let group = try own.group("own")
                try group.copy(try file.dataset("a/x"), to: "way/x")
                try group.copy(try file.group("a"), to: "a", self.options { $0.isShallow = true })
                try group.copy("z", to: "w")
                let anonymous = try own.createAnonymousDataset(
                    DatasetCreation(dataspace: .scalar, datatype: .float(.init(size: 8))))
                try own.copy(anonymous, to: "of none")
            }
        }
        let told = try target.h5py(
            "print(*f['own'], *f['own/a'], f['own/way/x'][()].tolist(), f['own/w'][()], f['of none'][()])")
        #expect(told == "a w way z inner soft x [0, 1, 2] 7 0.0")
    }

    @Test(arguments: [("/none", "/b", ErrorCode.notFound), ("/a", "/a/x", .exists)])
    func copy_ThatCannotBe_ChangesNothing(from: ObjectPath, to: ObjectPath, code: ErrorCode) throws {
        let scratch = try Scratch(h5py: Self.source)
        let error = try scratch.refusal { file throws(ServiceError) in try file.copy(from, to: to) }
        #expect(error.code == code)
    }
}
