import HTTPMessage
import FileLock
import Glibc
import H5Model
import Testing

@testable import Gate

@Suite struct CommitTimesTests {
    private let folder: ScratchFolder
    private let file: Descriptor

    init() throws {
        folder = try ScratchFolder()
        folder.make("a.h5", "text")
        file = Descriptor(open("\(folder.path)/a.h5", O_RDWR))
    }

    @Test func mark_OwnFile_MakesItsTagStrongAtOnce() throws {
        var commits = CommitTimes()
        let stamp = try commits.mark(file.number)
        #expect(commits.contains(stamp))
        #expect(!FileTag(stamp, isUnique: commits.contains(stamp)).tag().isWeak)
    }

    @Test func contains_AfterAnotherChange_IsFalse() throws {
        var commits = CommitTimes()
        _ = try commits.mark(file.number)
        _ = write(file.number, "more", 4)
        #expect(!commits.contains(try FileStamp(descriptor: file.number)))
    }
}
