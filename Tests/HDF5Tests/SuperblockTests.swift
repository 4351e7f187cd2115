import H5Model
import HDF5
import LeakCheck
import Testing

@Suite(.leavesNothingOpen) struct SuperblockTests {
    @Test(arguments: [
        ("flags.h5", HDF5Error.Cause.openElsewhere, "flags.h5 is open for writing by another program"),
        ("future.h5", .newerFormat, "future.h5 was written in a newer HDF5 format than this server's library"),
        ("text.h5", .notHDF5, "text.h5 is not an HDF5 file"), ("empty.h5", .notHDF5, "empty.h5 is not an HDF5 file"),
        ("truncated.h5", .damaged, "opening truncated.h5 failed, as if the file were damaged: truncated file"),
    ])
    func open_IsRefused_OfAFileThatCannotBeRead(name: String, cause: HDF5Error.Cause, message: String) throws {
        let error = try failure { try Fixtures.open(name) { _ in } }
        #expect(error.cause == cause)
        #expect(error.message.hasPrefix(message), "\(error.message)")
    }

    @Test func open_OfAFileInTheMiddleOfACommit_ShowsItAsRecovered() throws {
        let count = try Fixtures.open("veiled.h5") { try $0.object(at: "/ordered").groupInfo().memberCount }
        #expect(count == 300)
    }

    @Test(arguments: Fixtures.bounds)
    func info_TellsTheUserBlock(bound: String) throws {
        let info = try Fixtures.open("userblock-\(bound).h5") { try $0.info() }
        #expect(info.userBlockSize == 1024)
        #expect(info.superblockVersion == (bound == "v110" ? 3 : 0))
    }

    @Test(arguments: ["/compressed", "/compound"])
    func dataset_IsCalledNewer_InAFileOfANewerLibrary(path: String) throws {
        let error = try Fixtures.open("newer.h5") { file in
            try failure { try file.dataset(at: ObjectPath(path)).info() }
        }
        #expect(error.cause == .newerFormat)
        let start = "opening \(path) failed: it was written in a newer HDF5 format than this server's library (1."
        #expect(error.message.hasPrefix(start), "\(error.message)")
    }
}
