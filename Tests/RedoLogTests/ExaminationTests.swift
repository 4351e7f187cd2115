import Testing

@testable import RedoLog

@Suite struct ExaminationTests {
    private func conditions(_ bytes: [UInt8]) throws -> [Condition] {
        try RedoLog.examine(MemoryStorage(bytes))
    }

    @Test(arguments: Sample.all)
    func examine_OfAFileOfAnyVersion_FindsNothing(sample: Sample) throws {
        #expect(try conditions(sample.file()) == [])
        #expect(try conditions(Array(repeating: 0, count: 512) + sample.file()) == [])
    }

    @Test(arguments: Sample.all)
    func examine_UnderAVeil_TellsWhetherThereIsALog(sample: Sample) throws {
        let file = sample.file(veiled: true)
        #expect(try conditions(file) == [.veil])
        #expect(try conditions(withLog(file)) == [.committedLog(parts: 1, bytes: 3)])
    }

    @Test func examine_OfALogWithoutAVeil_TellsHowLongItIs() throws {
        let bytes = withLog(Sample.all[2].file())
        #expect(try conditions(bytes) == [.uncommittedLog(bytes: UInt64(bytes.count - 2128))])
    }

    @Test(arguments: [false, true])
    func examine_OfATornLog_KnowsItByItsNotice(veiled: Bool) throws {
        let torn = Array(withLog(Sample.all[0].file(veiled: veiled)).dropLast(100))
        let log = Condition.uncommittedLog(bytes: UInt64(torn.count - 2128))
        #expect(try conditions(torn) == (veiled ? [.veil, log] : [log]))
    }

    @Test func examine_OfOtherBytesPastTheEnd_CallsThemSo() throws {
        for count in [1, 80, 9000] {
            let bytes = Sample.all[0].file() + Array(repeating: 0x0A, count: count)
            #expect(try conditions(bytes) == [.bytesPastEnd(UInt64(count))])
        }
    }

    @Test(arguments: [UInt8(1), 5])
    func examine_OfStatusFlags_TellsThem(flags: UInt8) throws {
        #expect(try conditions(flagged(flags)) == [.statusFlags(flags)])
    }

    @Test func examine_OfACutFile_TellsWhatIsMissing() throws {
        #expect(try conditions(Array(Sample.all[1].file().dropLast(6))) == [.missingBytes(6)])
        #expect(try conditions(Array(Sample.all[3].file(veiled: true).dropLast(6))) == [.veil, .missingBytes(6)])
    }

    @Test(arguments: [2, 3])
    func examine_OfAWrongChecksum_FindsADamagedSuperblock(version: Int) throws {
        var bytes = Sample.all[version].file()
        bytes[36] ^= 1
        #expect(try conditions(bytes) == [.damagedSuperblock])
    }

    @Test func examine_OfANewerLog_TellsItsVersion() throws {
        var bytes = withLog(Sample.all[0].file())
        bytes[bytes.count - 12] = 2
        #expect(try conditions(bytes) == [.unknownLog(version: 2)])
    }

    @Test func examine_OfSomethingElse_SaysSo() throws {
        var newer = Sample.all[0].file()
        newer[8] = 4
        #expect(try conditions(newer) == [.unreadableSuperblock(version: 4)])
        #expect(try conditions([]) == [.notHDF5])
        #expect(try conditions(Array("no".utf8)) == [.notHDF5])
    }
}

/// A version 3 file with these status flags, as HDF5 sets them.
func flagged(_ flags: UInt8) -> [UInt8] {
    var bytes = Sample.all[3].file()
    bytes[11] = flags
    var checksum: [UInt8] = []
    checksum.append(littleEndian: MetadataChecksum.value(of: Array(bytes.prefix(44))))
    bytes.replaceSubrange(44..<48, with: checksum)
    return bytes
}
