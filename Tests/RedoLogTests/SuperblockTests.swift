import Testing

@testable import RedoLog

@Suite struct SuperblockTests {
    @Test(arguments: Sample.all)
    func superblock_OfEachVersion_TellsTheEnd(sample: Sample) throws {
        let superblock = try Superblock(decoding: sample.superblock, at: 0)
        let expected = Superblock(
            offset: 0, version: UInt8(sample.version), isVeiled: false, endAddress: UInt64(sample.length),
            isOpenElsewhere: false)
        #expect(superblock == expected)
    }

    @Test(arguments: [4, 5, 0x7F, 0x84, 0xFF] as [UInt8])
    func superblock_OfAnUnknownVersion_IsUnreadable(version: UInt8) {
        var bytes = Sample.all[3].superblock
        bytes[8] = version
        #expect(throws: RedoLogError.unreadableSuperblock(version: version)) { try Superblock(decoding: bytes, at: 0) }
    }

    @Test(arguments: Sample.all)
    func superblock_CutAnywhere_IsUnreadable(sample: Sample) {
        let needed = [0: 48, 1: 40, 2: 36, 3: 36][sample.version] ?? 0
        for count in 8..<needed {
            #expect(throws: RedoLogError.self) {
                try Superblock(decoding: Array(sample.superblock.prefix(count)), at: 0)
            }
        }
    }

    @Test(arguments: [0, 1, 3, 64, 255] as [UInt8])
    func superblock_WithAddressesOfAnImpossibleWidth_IsUnreadable(width: UInt8) {
        var bytes = Sample.all[3].superblock
        bytes[9] = width
        #expect(throws: RedoLogError.unreadableSuperblock(version: 3)) { try Superblock(decoding: bytes, at: 0) }
    }

    @Test func superblock_WhoseEndOverflows_IsUnreadable() {
        var bytes = Sample.all[3].superblock
        bytes.replaceSubrange(28..<36, with: Array(repeating: 0xFF, count: 8))
        #expect(throws: RedoLogError.unreadableSuperblock(version: 3)) { try Superblock(decoding: bytes, at: 512) }
    }

    @Test func superblock_WithWideAddresses_TakesThem() throws {
        var bytes = Array(Sample.all[3].superblock.prefix(12)) + Array(repeating: 0, count: 48)
        bytes[9] = 16
        bytes[45] = 2
        #expect(try Superblock(decoding: bytes, at: 0).endAddress == 512)
        bytes[59] = 1
        #expect(throws: RedoLogError.unreadableSuperblock(version: 3)) { try Superblock(decoding: bytes, at: 0) }
    }

    @Test func superblock_WhoseEndIsBeforeItsBase_IsUnreadable() {
        var bytes = Sample.all[3].superblock
        bytes[19] = 1
        #expect(throws: RedoLogError.unreadableSuperblock(version: 3)) { try Superblock(decoding: bytes, at: 0) }
    }
}
