import Glibc
import H5Model
@testable import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct FileDriverTests {
    @Test func open_TellsOfAReadThatTheSystemRefuses() throws {
        // A descriptor that may only write.
        let descriptor = Glibc.open(try Fixtures.path("listing-v110.h5"), O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let error = try ProcessLock.withLock { try failure { try File(descriptor: descriptor, name: "x.h5").info() } }
        #expect(error == HDF5Error(.inputOutput, "x.h5 cannot be read: Bad file descriptor"))
    }

    @Test func access_KeepsItsFirstFailure() throws {
        let access = try FileAccess(descriptor: 0, name: "x.h5")
        access.latch(.refused(HDF5Error(.unsupported, "it is not here")))
        access.latch(.read(errno: EIO))
        #expect(access.takeFailure() == HDF5Error(.unsupported, "it is not here"))
        #expect(access.takeFailure() == nil)
    }

    @Test func read_PastTheEndOfTheFile_IsZeros() throws {
        let descriptor = Glibc.open(try Fixtures.path("text.h5"), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let access = try FileAccess(descriptor: descriptor, name: "text.h5")
        var bytes = [UInt8](repeating: 1, count: 8)
        #expect(bytes.withUnsafeMutableBytes { access.read(into: $0, at: access.size - 2) })
        #expect(bytes == [0x6c, 0x0a, 0, 0, 0, 0, 0, 0])
    }

    @Test func open_OfOneFileTwice_SharesIt() throws {
        try Fixtures.open("listing-v110.h5") { first in
            let again = try File(descriptor: first.access.descriptor, name: "listing-v110.h5")
            #expect(try again.kind(at: "/named") == .group)
            try again.close()
            #expect(try first.kind(at: "/ordered") == .group)
        }
    }

    @Test func open_DoesNotTrustALibraryThatFailed() throws {
        _ = try failure { try Fixtures.open("truncated.h5") { _ in } }
        #expect(!HDF5Library.isTrustworthy)
    }
}
