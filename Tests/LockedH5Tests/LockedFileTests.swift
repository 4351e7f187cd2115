import Foundation
import Glibc
import H5Model
import LockedH5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct LockedFileTests {
    @Test func read_GivesTheBodysResult() throws {
        let count = try LockedFile.read(fixture("listing-v110.h5")) { file throws(ServiceError) in
            try file.group(at: "/ordered").memberCount
        }
        #expect(count == 300)
    }

    @Test func read_ThrowsWhatTheBodyThrows() throws {
        let error = try failure {
            try LockedFile.read(fixture("listing-v110.h5")) { _ throws(ServiceError) in
                throw ServiceError(.timeout, "too late")
            }
        }
        #expect(error == ServiceError(.timeout, "too late"))
    }

    @Test func read_OfAFileThatAnotherHoldsExclusively_IsLocked() throws {
        let path = try copy("listing-v110.h5")
        let other = open(path, O_RDWR | O_CLOEXEC)
        defer { close(other) }
        try #require(flock(other, LOCK_EX) == 0)
        let error = try failure { try LockedFile.read(path, attempts: 1) { _ throws(ServiceError) in } }
        #expect(error.code == .locked)
    }

    @Test func read_HoldsASharedLock_UntilItEnds() throws {
        let path = try copy("listing-v110.h5")
        let other = open(path, O_RDWR | O_CLOEXEC)
        defer { close(other) }
        try LockedFile.read(path) { _ throws(ServiceError) in
            #expect(flock(other, LOCK_EX | LOCK_NB) == -1)
            #expect(flock(other, LOCK_SH | LOCK_NB) == 0)
        }
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
    }

    @Test func read_OfAMissingFile_IsNotFound_WithoutItsDirectory() throws {
        let error = try failure { try LockedFile.read("/tmp/secret/none.h5") { _ throws(ServiceError) in } }
        #expect(error == ServiceError(.notFound, "there is no file none.h5"))
    }

    @Test func read_OfADescriptor_LeavesItOpen() throws {
        let descriptor = open(try fixture("listing-v110.h5"), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let kind = try LockedFile.read(descriptor: descriptor, name: "a/b.h5") { file throws(ServiceError) in
            try file.kind(at: "/named")
        }
        #expect(kind == .group)
        #expect(fcntl(descriptor, F_GETFD) != -1)
    }

    @Test func read_InsideAnother_OfTheSameFile_Works() throws {
        let path = try fixture("listing-v110.h5")
        let count = try LockedFile.read(path) { outer throws(ServiceError) in
            let inner = try LockedFile.read(path) { file throws(ServiceError) in
                try file.group(at: "/named").memberCount
            }
            return try outer.group(at: "/ordered").memberCount + inner
        }
        #expect(count == 600)
    }

    @Test func read_FromManyThreads_TakesTurns() async throws {
        let path = try fixture("listing-v110.h5")
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try LockedFile.read(path) { file throws(ServiceError) in
                        try file.members(of: "/named").elements.count
                    }
                }
            }
            for try await count in group { #expect(count == 300) }
        }
    }

    @Test(arguments: [
        ("flags.h5", ErrorCode.locked), ("future.h5", .unsupported),
        ("text.h5", .notHDF5), ("empty.h5", .notHDF5), ("truncated.h5", .damaged),
    ])
    func read_OfAFileThatCannotBeRead_SaysSo(name: String, code: ErrorCode) throws {
        let error = try failure { try LockedFile.read(fixture(name)) { _ throws(ServiceError) in } }
        #expect(error.code == code)
        #expect(error.message.contains(name))
        #expect(!error.message.contains("/"))
    }

    @Test func read_OfAFileInTheMiddleOfACommit_RecoversIt() throws {
        let file = try Copy("veiled.h5")
        let count = try LockedFile.read(file.path) { file throws(ServiceError) in
            try file.group(at: "/ordered").memberCount
        }
        #expect(count == 300)
        #expect(try file.state().bytes == Data(contentsOf: URL(fileURLWithPath: fixture("listing-v110.h5"))))
    }

    @Test func read_OfADescriptorInTheMiddleOfACommit_LeavesTheFile() throws {
        let file = try Copy("veiled.h5")
        let before = try file.state()
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let kind = try LockedFile.read(descriptor: descriptor, name: "x.h5") { file throws(ServiceError) in
            try file.kind(at: "/named")
        }
        #expect(kind == .group)
        #expect(try file.state() == before)
    }

    @Test func isTrustworthy_Ends_WithAFileThatDoesNotOpen() async throws {
        let good = try fixture("listing-v110.h5")
        let bad = try fixture("truncated.h5")
        await #expect(processExitsWith: .success) { [good = good as String, bad = bad as String] in
            _ = try? LockedFile.read(good) { file throws(ServiceError) in try file.kind(at: "/nothing") }
            precondition(LockedFile.isTrustworthy)
            _ = try? LockedFile.read(bad) { _ throws(ServiceError) in }
            precondition(!LockedFile.isTrustworthy)
        }
    }

    private func copy(_ name: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: name)
        try FileManager.default.copyItem(at: URL(fileURLWithPath: fixture(name)), to: path)
        return path.path
    }
}
