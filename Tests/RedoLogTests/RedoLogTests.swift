import Glibc
import Testing

@testable import RedoLog

@Suite struct RedoLogTests {
    @Test(arguments: Sample.all)
    func inspect_OfAFileOfAnyVersion_IsClean(sample: Sample) throws {
        #expect(try ScratchFile(sample.file()).state() == .clean)
    }

    @Test(arguments: Sample.all)
    func inspect_WithTheVeil_IsVeiled(sample: Sample) throws {
        #expect(try ScratchFile(sample.file(veiled: true)).state() == .veiled)
        #expect(try ScratchFile(withLog(sample.file(veiled: true))).state() == .veiled)
    }

    @Test(arguments: Sample.all)
    func inspect_WithALog_IsLogged(sample: Sample) throws {
        #expect(try ScratchFile(withLog(sample.file())).state() == .logged)
    }

    @Test func inspect_WithAUserBlock_CountsItOnce() throws {
        let file = Sample.userBlock.file(userBlock: 1024)
        #expect(try ScratchFile(file).state() == .clean)
        #expect(try ScratchFile(withLog(file)).state() == .logged)
        #expect(try ScratchFile(Sample.userBlock.file(veiled: true, userBlock: 1024)).state() == .veiled)
    }

    @Test(arguments: [512, 1024, 65536])
    func inspect_WithAUserBlockPutBeforeAfterwards_MovesTheEnd(length: Int) throws {
        let file = Sample.all[0].file(userBlock: length)
        #expect(try ScratchFile(file).state() == .clean)
        #expect(try ScratchFile(withLog(file)).state() == .logged)
    }

    @Test func inspect_OfALogThatHDF5Allocated_IsClean() throws {
        // The end address of a file whose last dataset happens to hold another file, log and all.
        var bytes = withLog(Sample.all[0].file())
        bytes.replaceSubrange(40..<48, with: bytes.count.littleEndianBytes)
        #expect(try ScratchFile(bytes).state() == .clean)
        bytes.replaceSubrange(40..<48, with: 4097.littleEndianBytes)
        #expect(try ScratchFile(bytes).state() == .clean)
    }

    @Test func inspect_OfOtherBytesPastTheEnd_IsClean() throws {
        for count in [1, 15, 79, 80, 5000] {
            let bytes = Sample.all[0].file() + Array(repeating: 0x0A, count: count)
            #expect(try ScratchFile(bytes).state() == .clean)
        }
    }

    @Test func inspect_OfACutFile_IsClean() throws {
        #expect(try ScratchFile(Array(Sample.all[3].file().prefix(1000))).state() == .clean)
    }

    @Test(arguments: [1, 79, 80, 400, 511])
    func inspect_OfALogThatWasNotWrittenToItsEnd_IsClean(missing: Int) throws {
        let bytes = withLog(Sample.all[2].file())
        let zeros = Array(repeating: UInt8(0), count: missing)
        #expect(try ScratchFile(bytes.dropLast(missing) + zeros).state() == .clean)
        #expect(try ScratchFile(Array(bytes.dropLast(missing))).state() == .clean)
    }

    @Test func inspect_OfALogAnywhereElse_IsClean() throws {
        let changes: [(inout LogTrailer) -> Void] = [
            { $0.logStart -= 1 }, { $0.logLength += 1 }, { $0.logLength = .max }, { $0.logLength = 0 },
            {
                $0.logStart = 0; $0.logLength += 4096
            },
        ]
        for change in changes {
            #expect(try ScratchFile(withLog(Sample.all[0].file(), change: change)).state() == .clean)
        }
    }

    @Test(arguments: [false, true])
    func inspect_OfANewerLog_IsRefused(veiled: Bool) {
        var bytes = withLog(Sample.all[0].file(veiled: veiled))
        bytes[bytes.count - 12] = 2
        #expect(throws: RedoLogError.unknownVersion(2)) { try ScratchFile(bytes).state() }
    }

    @Test(arguments: [[], Array("no".utf8), Array(repeating: 0x89, count: 70000)] as [[UInt8]])
    func inspect_OfSomethingElse_IsNotHDF5(bytes: [UInt8]) {
        #expect(throws: RedoLogError.notHDF5) { try ScratchFile(bytes).state() }
    }

    @Test func inspect_OfAClosedDescriptor_SaysWhatTheSystemSays() {
        #expect(throws: RedoLogError.system(errno: EBADF, operation: "look at an open file")) {
            try RedoLog.inspect(descriptor: -1)
        }
    }

    @Test func inspect_WithoutReadAccess_SaysWhatTheSystemSays() {
        let file = ScratchFile(Sample.all[0].file())
        let writing = open("/proc/self/fd/\(file.descriptor)", O_WRONLY | O_CLOEXEC)
        defer { close(writing) }
        #expect(throws: RedoLogError.system(errno: EBADF, operation: "read an open file")) {
            try RedoLog.inspect(descriptor: writing)
        }
    }
}

extension Int {
    fileprivate var littleEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt64(self))
        return bytes
    }
}
