import FileLock
import Glibc
import H5Model
import HTTPMessage
import Routes
import Testing

@testable import Gate

@Suite struct FileTagTests {
    private let folder: ScratchFolder
    private let file: Descriptor
    private let reading = WorkerRequest(
        operation: .getValues, file: Array("a.h5".utf8), object: ObjectPath(bytes: Array("/x".utf8)))

    init() throws {
        folder = try ScratchFolder()
        folder.make("a.h5", "text")
        file = Descriptor(open("\(folder.path)/a.h5", O_RDWR))
    }

    /// The file's stamp when it was last changed that many seconds ago.
    private func stamp(seconds: Int) throws -> FileStamp {
        var times = [
            timespec(tv_sec: time(nil) - seconds, tv_nsec: 0), timespec(tv_sec: time(nil) - seconds, tv_nsec: 0),
        ]
        futimens(file.number, &times)
        var stamp = try FileStamp(descriptor: file.number)
        stamp.changed = stamp.modified
        return stamp
    }

    private func tag(_ stamp: FileStamp, isUnique: Bool = false) -> FileTag {
        FileTag(stamp, of: reading, isUnique: isUnique)
    }

    @Test func tag_OldState_IsStrongAndTheSameAgain() throws {
        let stamp = try stamp(seconds: 5)
        #expect(!tag(stamp).tag().isWeak)
        #expect(tag(stamp).tag() == tag(stamp).tag())
        #expect(tag(stamp).tag(content: "j1") != tag(stamp).tag(content: "j2"))
    }

    @Test func tag_YoungState_IsWeakOnceUnlessTheContentTells() throws {
        let young = tag(try stamp(seconds: -1))
        #expect(young.isYoung)
        #expect(young.tag().isWeak)
        #expect(!young.tag(content: "j1").isWeak)
        #expect(young.unchanged(in: young.tag().field) == nil)
    }

    @Test func tag_YoungStateOfOurOwnCommit_IsStrong() throws {
        #expect(!tag(try stamp(seconds: -1), isUnique: true).tag().isWeak)
    }

    @Test func unchanged_TagOfTheState_IsFoundWhateverItsContent() throws {
        let now = tag(try stamp(seconds: 5))
        for known in [now.tag(), now.tag(content: "jabc")] {
            #expect(now.unchanged(in: "\"other\", \(known.field)") == known)
            #expect(now.unchanged(in: "W/\(known.field)")?.opaque == known.opaque)
        }
        #expect(now.unchanged(in: "\"other\"") == nil)
    }

    /// A weak tag of a young state could stand for two changes of one stamp.
    @Test func unchanged_WeakTagOfItsYouth_IsNotFound() throws {
        let stamp = try stamp(seconds: -1)
        let weak = tag(stamp).tag()
        #expect(tag(stamp, isUnique: true).unchanged(in: weak.field) == nil)
    }

    @Test func unchanged_SameContentOfAnotherState_IsFoundByItsContent() throws {
        let before = tag(try stamp(seconds: 9)).tag(content: "jabc")
        let now = tag(try stamp(seconds: 5))
        #expect(now.unchanged(in: before.field) == nil)
        #expect(now.unchanged(in: before.field, content: "jabc") == before)
        #expect(now.unchanged(in: before.field, content: "jabd") == nil)
        #expect(now.unchanged(in: before.field, content: nil) == nil)
    }

    @Test func condition_TagsOfTheState_HoldWhateverTheRepresentation() throws {
        let stamp = try stamp(seconds: 5)
        let tag = tag(stamp).tag(content: "jabc")
        #expect(MatchCondition(tag.field).holds(for: FileStates(stamp)))
        #expect(MatchCondition("\"x\", \(tag.field)").holds(for: FileStates(stamp)))
        #expect(MatchCondition("*").holds(for: FileStates(stamp)))
        #expect(!MatchCondition("W/\(tag.field)").holds(for: FileStates(stamp)))
        #expect(!MatchCondition(tag.field).holds(for: FileStates(try self.stamp(seconds: 4))))
    }

    @Test func condition_ContentsOfATarget_AreThoseOfItsTagsAlone() throws {
        let stamp = try stamp(seconds: 5)
        let condition = MatchCondition(
            [tag(stamp).tag(content: "jabc"), tag(stamp).tag()].map(\.field).joined(separator: ", "))
        var other = reading
        other.object = .root
        #expect(condition.contents(of: reading) == ["jabc"])
        #expect(condition.contents(of: other) == [])
    }

    /// Two commits within one grain of the clock: the content tag of the first does not stand for the second.
    @Test func tag_PassingState_HasItsContentAlone() throws {
        let stamp = try stamp(seconds: 5)
        let passing = tag(stamp).tag(content: "jabc", isPassing: true)
        #expect(!MatchCondition(passing.field).holds(for: FileStates(stamp)))
        #expect(MatchCondition(passing.field).contents(of: reading) == ["jabc"])
        #expect(tag(stamp).tag(isPassing: true).isWeak)
    }
}

@Suite struct ModificationDateTests {
    private func stamp(_ seconds: Int, _ nanoseconds: Int = 0) throws -> FileStamp {
        var stamp = try FileStamp(descriptor: 0)
        (stamp.modified.seconds, stamp.modified.nanoseconds) = (seconds, nanoseconds)
        return stamp
    }

    @Test func field_IsRoundedUp() throws {
        #expect(ModificationDate(try stamp(784_111_777)).field == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(ModificationDate(try stamp(784_111_776, 1)).field == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test func field_OfATimeOutOfAllBounds_IsTheNearestThatCanBeTold() throws {
        #expect(ModificationDate(try stamp(-10_000_000_000)).field?.contains(" 1706 ") == true)
        #expect(ModificationDate(try stamp(.max - 1, 1)).field == nil)
    }

    @Test func field_OfASecondThatIsNotOver_IsNotTold() throws {
        #expect(ModificationDate(try stamp(time(nil), 999_999_999)).field == nil)
        #expect(ModificationDate(try stamp(time(nil))).field == nil)
    }

    @Test func isUnchanged_LaterChangeInTheSameSecond_IsSeen() throws {
        let told = ModificationDate(try stamp(1000, 500)).field
        #expect(ModificationDate(try stamp(1000, 500)).isUnchanged(since: told))
        #expect(!ModificationDate(try stamp(1001, 1)).isUnchanged(since: told))
        #expect(!ModificationDate(try stamp(1000)).isUnchanged(since: "yesterday"))
        #expect(!ModificationDate(try stamp(1000)).isUnchanged(since: nil))
    }
}
