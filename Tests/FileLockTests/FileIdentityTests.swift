import Glibc
import Testing

@testable import FileLock

@Suite struct FileIdentityTests {
    let folder = TemporaryFolder()

    @Test func identity_OfTwoNamesOfOneFile_IsEqual() throws {
        let file = folder.file()
        let second = folder.place("second.h5")
        link(file, second)
        let left = Foreign(file, LOCK_SH)
        let right = Foreign(second, LOCK_SH)
        #expect(try FileIdentity(descriptor: left.descriptor) == FileIdentity(descriptor: right.descriptor))
    }

    @Test func stamp_AfterAWrite_Differs() throws {
        let file = Foreign(folder.file(), LOCK_EX)
        let before = try FileStamp(descriptor: file.descriptor)
        #expect(try FileStamp(descriptor: file.descriptor) == before)
        write(file.descriptor, "x", 1)
        let after = try FileStamp(descriptor: file.descriptor)
        #expect(after != before)
        #expect(after.size == 1 && after.identity == before.identity)
    }

    @Test func stamp_OfATimeFarAway_KeepsIt() throws {
        let file = Foreign(folder.file(), LOCK_EX)
        let times = [timespec(), timespec(tv_sec: 10_000_000_000, tv_nsec: 7)]
        #expect(futimens(file.descriptor, times) == 0)
        let stamp = try FileStamp(descriptor: file.descriptor)
        #expect(stamp.modified.seconds == 10_000_000_000 && stamp.modified > stamp.changed)
    }

    @Test func stamp_OfAClosedDescriptor_Throws() {
        #expect(throws: FileLockError.system(errno: EBADF, operation: "look at an open file")) {
            try FileStamp(descriptor: -1)
        }
    }
}
