import Testing

@testable import RedoLog

@Suite struct LogChecksumTests {
    @Test func checksum_InParts_IsThatOfTheWhole() {
        let bytes = (0..<100).map { UInt8($0 * 7 % 256) }
        var parts = LogChecksum(of: bytes.prefix(40))
        parts.add(bytes.dropFirst(40))
        #expect(parts.value == LogChecksum(of: bytes).value)
    }

    @Test func checksum_OfZeros_DependsOnTheirNumber() {
        let values = (0..<64).map { LogChecksum(of: Array(repeating: 0, count: $0)).value }
        #expect(Set(values).count == 64)
    }

    @Test func checksum_StaysTheSameInAllReleases() {
        #expect(LogChecksum(of: []).value == 0xF7E2_7BED_97B0_321E)
        #expect(LogChecksum(of: Array("lockedh5 redo log".utf8)).value == 0xDC1F_FD88_BD86_AF8C)
    }
}
