import Testing

@testable import RedoLog

@Suite struct StatusFlagsTests {
    @Test(arguments: [2, 3])
    func isIntact_OfASuperblockThatHDF5Wrote_IsTrue(version: Int) throws {
        let storage = MemoryStorage(Sample.all[version].file())
        let superblock = try Superblock(storage, size: 2128)
        #expect(try StatusFlags(storage, superblock)?.isIntact == true)
    }

    @Test(arguments: [0, 1])
    func init_OfASuperblockWithoutChecksum_IsNil(version: Int) throws {
        let storage = MemoryStorage(Sample.all[version].file())
        let superblock = try Superblock(storage, size: UInt64(storage.bytes.count))
        #expect(try StatusFlags(storage, superblock) == nil)
    }

    // The examples in the hash function's own source.
    @Test func checksum_OfTheAuthorsExamples_IsTheirs() {
        #expect(MetadataChecksum.value(of: []) == 0xDEAD_BEEF)
        #expect(MetadataChecksum.value(of: Array("Four score and seven years ago".utf8)) == 0x1777_0551)
    }
}
