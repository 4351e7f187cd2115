import Glibc
import Testing

@testable import FileLock

/// A file that is being made has no name, or where that cannot be a hidden one.
@Suite struct NewFileTests {
    @Test(arguments: [false, true])
    func publish_MakesTheFileAppearCompleteAndLocked(withName: Bool) throws {
        let folder = TemporaryFolder()
        let path = folder.place("new.h5")
        let file = try NewFile(path, withName: withName)
        #expect(write(file.descriptor, "all", 3) == 3)
        #expect(access(path, F_OK) != 0)
        #expect(try file.publish())
        #expect(try FileLock.isSameFile(file.descriptor, as: path))
        #expect(!isGranted(LOCK_SH, on: path))
    }

    @Test(arguments: [false, true])
    func newFile_ThatIsNotPublished_LeavesNothing(withName: Bool) throws {
        let folder = TemporaryFolder()
        do {
            let file = try NewFile(folder.path + "/new.h5", withName: withName)
            #expect(write(file.descriptor, "all", 3) == 3)
            #expect(names(in: folder.path).allSatisfy { $0.hasPrefix(".") })
            #expect(names(in: folder.path).isEmpty != withName)
        }
        #expect(names(in: folder.path).isEmpty)
    }

    @Test(arguments: [false, true])
    func publish_WhereANameIsTaken_LeavesTheOther(withName: Bool) throws {
        let folder = TemporaryFolder()
        let file = try NewFile(folder.place("new.h5"), withName: withName)
        let other = folder.file("new.h5")
        #expect(try !file.publish())
        #expect(try !FileLock.isSameFile(file.descriptor, as: other))
    }

    @Test func newFile_InADirectory_BeginsThere() throws {
        let folder = TemporaryFolder()
        let directory = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(directory) }
        _ = folder.place("new.h5")
        #expect(try NewFile("new.h5", in: directory).publish())
        #expect(access(folder.path + "/new.h5", F_OK) == 0)
    }

    @Test(arguments: [false, true])
    func newFile_InAMissingDirectory_SaysSo(withName: Bool) {
        #expect(throws: FileLockError.notFound(name: "new.h5")) {
            _ = try NewFile("/tmp/none/at/all/new.h5", withName: withName)
        }
    }

    @Test func newFile_HasTheUsualPermissions() throws {
        let folder = TemporaryFolder()
        let usual = open(folder.place("usual"), O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        defer { close(usual) }
        let file = try NewFile(folder.path + "/new.h5")
        #expect(try status(of: file.descriptor).st_mode == status(of: usual).st_mode)
    }

    private func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
