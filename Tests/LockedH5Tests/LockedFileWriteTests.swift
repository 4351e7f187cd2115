import CHDF5
import Foundation
import Glibc
import H5Model
import LeakCheck
import Testing

@testable import HDF5
@testable import LockedH5

@Suite(.leavesNothingOpen) struct LockedFileWriteTests {
    @Test(arguments: ["listing-v110.h5", "listing-earliest.h5", "userblock-v110.h5", "userblock-earliest.h5"])
    func write_WithoutAChange_LeavesTheFileAndItsTimes(name: String) throws {
        let file = try Copy(name)
        let before = try file.state()
        let count = try LockedFile.write(file.path) { file throws(ServiceError) in
            try file.contents.group(at: .root).memberCount
        }
        #expect(count > 0)
        #expect(try file.state() == before)
    }

    @Test func write_ThatIsRefused_LeavesTheFileAndItsTimes() throws {
        let file = try Copy("listing-v110.h5")
        let before = try file.state()
        let error = try failure {
            try LockedFile.write(file.path) { file throws(ServiceError) in
                file.makeGroup("/new")
                throw ServiceError(.timeout, "too late")
            }
        }
        #expect(error == ServiceError(.timeout, "too late"))
        #expect(try file.state() == before)
    }

    @Test(arguments: ["listing-v110.h5", "listing-earliest.h5", "userblock-v110.h5", "userblock-earliest.h5"])
    func write_OfAGroup_IsThereAfterwards(name: String) throws {
        let file = try Copy(name)
        try LockedFile.write(file.path) { file throws(ServiceError) in
            file.makeGroup("/new")
            #expect(try file.contents.kind(at: "/new") == .group)
        }
        let kind = try LockedFile.read(file.path) { file throws(ServiceError) in try file.kind(at: "/new") }
        #expect(kind == .group)
    }

    @Test(arguments: [(0, 0), (0, Int.max), (Int.max, 0)], WriteSettings.Durability.allCases)
    func write_WithLittleMemory_MakesTheSame(sizes: (memory: Int, buffer: Int), durability: WriteSettings.Durability)
        throws
    {
        let settings = WriteSettings(
            durability: durability, appendBuffer: sizes.buffer, overlayMemory: sizes.memory)
        var (file, other) = (try Copy("wide-v110.h5"), try Copy("wide-v110.h5"))
        var second = 0
        // The group's time is in the file, in seconds.
        repeat {
            (file, other) = (try Copy("wide-v110.h5"), try Copy("wide-v110.h5"))
            second = time(nil)
            try LockedFile.write(file.path, settings: settings) { file throws(ServiceError) in file.makeGroup("/new") }
            try LockedFile.write(other.path) { file throws(ServiceError) in file.makeGroup("/new") }
        } while time(nil) != second
        #expect(try file.state().bytes == other.state().bytes)
    }

    @Test func write_ExcludesOthers_UntilItEnds() throws {
        let file = try Copy("listing-v110.h5")
        let other = open(file.path, O_RDWR | O_CLOEXEC)
        defer { close(other) }
        try LockedFile.write(file.path) { _ throws(ServiceError) in #expect(flock(other, LOCK_SH | LOCK_NB) == -1) }
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
    }

    @Test(arguments: WriteMode.allCases)
    func write_OfAFileThatAnotherHolds_LeavesIt(mode: WriteMode) throws {
        let file = try Copy("listing-v110.h5")
        let other = open(file.path, O_RDONLY | O_CLOEXEC)
        defer { close(other) }
        try #require(flock(other, LOCK_SH) == 0)
        let before = try file.state()
        let error = try failure {
            try LockedFile.write(file.path, mode: mode, attempts: 1) { _ throws(ServiceError) in }
        }
        #expect(error.code == (mode == .create ? .exists : .locked))
        #expect(try file.state() == before)
    }

    @Test(arguments: [WriteMode.create, .replace, .createIfMissing], [0, 512])
    func write_MakesAFile_ThatAppearsComplete(mode: WriteMode, userBlock: Int) throws {
        let path = try Copy.folder() + "/new.h5"
        let creation = FileCreation(userBlockSize: userBlock, tracksCreationOrder: true)
        try LockedFile.write(path, mode: mode, creation: creation) { file throws(ServiceError) in
            file.makeGroup("/b")
            file.makeGroup("/a")
            #expect(access(path, F_OK) != 0)
        }
        let (info, names) = try LockedFile.read(path) { file throws(ServiceError) in
            (try file.info(), try file.members(of: .root).elements.map(\.name))
        }
        #expect(info.userBlockSize == userBlock)
        #expect(names == ["b", "a"])
    }

    @Test(arguments: [FormatVersion.earliest, .v18, .v110])
    func write_MakesAFile_InTheFormatThatIsAskedFor(low: FormatVersion) throws {
        let path = try Copy.folder() + "/new.h5"
        try LockedFile.write(path, mode: .create, creation: FileCreation(libver: (low, .v110))) {
            _ throws(ServiceError) in
        }
        let version = try LockedFile.read(path) { file throws(ServiceError) in try file.info().superblockVersion }
        #expect(version == [.earliest: 0, .v18: 2, .v110: 3][low])
    }

    @Test func write_ThatIsRefused_LeavesNoNewFile() throws {
        let folder = try Copy.folder()
        _ = try failure {
            try LockedFile.write(folder + "/new.h5", mode: .create) { _ throws(ServiceError) in
                throw ServiceError(.timeout, "too late")
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }

    @Test(arguments: ["listing-v110.h5", "listing-earliest.h5", "userblock-v110.h5", "wide-v110.h5", "text.h5"])
    func write_InModeReplace_EmptiesTheFile(name: String) throws {
        let file = try Copy(name)
        let inode = try file.state().inode
        try LockedFile.write(file.path, mode: .replace) { file throws(ServiceError) in
            #expect(try file.contents.group(at: .root).memberCount == 0)
            file.makeGroup("/only")
        }
        let names = try LockedFile.read(file.path) { file throws(ServiceError) in
            try file.members(of: .root).elements.map(\.name)
        }
        #expect(names == ["only"])
        #expect(try file.state().inode == inode)
    }

    @Test func write_InModeReplace_ThatIsRefused_LeavesTheFile() throws {
        let file = try Copy("wide-v110.h5")
        let before = try file.state()
        _ = try failure {
            try LockedFile.write(file.path, mode: .replace) { file throws(ServiceError) in
                file.makeGroup("/only")
                throw ServiceError(.timeout, "too late")
            }
        }
        #expect(try file.state() == before)
    }

    @Test func write_InModeCreate_OfAFileThatIsThere_IsRefused() throws {
        let file = try Copy("text.h5")
        let error = try failure { try LockedFile.write(file.path, mode: .create) { _ throws(ServiceError) in } }
        #expect(error == ServiceError(.exists, "text.h5 exists already"))
    }

    @Test func write_ToAFileWhoseNameWasTakenMeanwhile_IsRefused() throws {
        let path = try Copy.folder() + "/new.h5"
        let error = try failure {
            try LockedFile.write(path, mode: .create) { _ throws(ServiceError) in
                try? Data("other".utf8).write(to: URL(fileURLWithPath: path))
            }
        }
        #expect(error.code == .exists)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("other".utf8))
    }

    @Test func write_ToAFileThatWasReplacedMeanwhile_IsRefused() throws {
        let file = try Copy("listing-v110.h5")
        let other = try Copy("wide-v110.h5")
        let before = try other.state()
        let error = try failure {
            try LockedFile.write(file.path) { scope throws(ServiceError) in
                scope.makeGroup("/new")
                rename(other.path, file.path)
            }
        }
        #expect(error.code == .unavailable)
        #expect(try file.state().bytes == before.bytes)
    }

    @Test(arguments: [
        ("flags.h5", ErrorCode.locked), ("future.h5", .unsupported),
        ("text.h5", .notHDF5), ("empty.h5", .notHDF5), ("truncated.h5", .damaged),
    ])
    func write_OfAFileThatCannotBeWritten_LeavesIt(name: String, code: ErrorCode) throws {
        let file = try Copy(name)
        let before = try file.state()
        let error = try failure { try LockedFile.write(file.path) { _ throws(ServiceError) in } }
        #expect(error.code == code)
        #expect(!error.message.contains("/"))
        #expect(try file.state() == before)
    }

    @Test func write_OfADescriptor_AsksBeforeItCommits() throws {
        let file = try Copy("listing-v110.h5")
        let before = try file.state()
        let descriptor = open(file.path, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        let refuse = { (_: borrowing FurtherWrites) throws(ServiceError) in
            throw ServiceError(.preconditionFailed, "no")
        }
        try LockedFile.write(descriptor: descriptor, name: "x.h5", beforeCommit: refuse) { _ throws(ServiceError) in }
        let error = try failure {
            try LockedFile.write(descriptor: descriptor, name: "x.h5", beforeCommit: refuse) {
                file throws(ServiceError) in file.makeGroup("/new")
            }
        }
        #expect(error.code == .preconditionFailed)
        #expect(try file.state() == before)
    }

    @Test(arguments: [
        FileCreation(userBlockSize: 100), FileCreation(userBlockSize: -512), FileCreation(libver: (.v110, .v18)),
    ])
    func write_WithAnImpossibleCreation_IsInvalid(creation: FileCreation) throws {
        let path = try Copy.folder() + "/new.h5"
        let error = try failure {
            try LockedFile.write(path, mode: .create, creation: creation) { _ throws(ServiceError) in }
        }
        #expect(error.code == .invalid)
        #expect(access(path, F_OK) != 0)
    }
}

extension WritableFile {
    /// Makes a group with libhdf5 itself.
    borrowing func makeGroup(_ path: String) {
        let group = H5Gcreate2(contents.file.handle.id, path, hid_t(0), hid_t(0), hid_t(0))
        #expect(group >= 0 && H5Gclose(group) >= 0)
    }
}
