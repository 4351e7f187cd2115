import Glibc
import H5Model
import Testing

@testable import Gate

@Suite struct NewFileTests {
    private let folder: ScratchFolder
    private let file: NewFile

    init() throws {
        folder = try ScratchFolder()
        file = try NewFile(try folder.root.place(folder.names("a.h5")), folder.rights)
        _ = write(file.descriptor.number, "new", 3)
    }

    @Test func newFile_BeforeItIsPublished_HasNoName() {
        #expect(folder.allNames.isEmpty)
    }

    @Test func publish_FreeName_IsThereLockedWithItsMode() throws {
        #expect(try file.publish())
        let other = open("\(folder.path)/a.h5", O_RDWR)
        defer { close(other) }
        var status = stat()
        #expect(flock(other, LOCK_SH | LOCK_NB) < 0)
        #expect(fstat(other, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o640)
        #expect(folder.text("a.h5") == "new")
    }

    @Test func publish_TakenName_LeavesTheOther() throws {
        folder.make("a.h5", "old")
        #expect(try !file.publish())
        #expect(folder.text("a.h5") == "old")
        #expect(folder.allNames == ["a.h5"])
    }

    @Test func publishReplacing_TakenName_HasNewContentAndNoRest() throws {
        folder.make("a.h5", "old")
        try file.publishReplacing()
        #expect(folder.text("a.h5") == "new")
        #expect(folder.allNames == ["a.h5"])
    }

    @Test func takeRights_OfAnother_AreEqual() throws {
        folder.make("b.h5", mode: 0o604)
        chmod("\(folder.path)/b.h5", 0o604)
        let other = open("\(folder.path)/b.h5", O_RDONLY)
        defer { close(other) }
        file.takeRights(of: other)
        var status = stat()
        fstat(file.descriptor.number, &status)
        #expect(status.st_mode & 0o7777 == 0o604)
    }
}
