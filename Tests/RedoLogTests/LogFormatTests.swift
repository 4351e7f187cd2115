import Testing

@testable import RedoLog

@Suite struct LogFormatTests {
    private let trailer = LogTrailer(
        logStart: 4096, logLength: 291, contentChecksum: 0x0102_0304_0506_0708, appendedStart: 5, appendedEnd: 6,
        appendedChecksum: .max)

    @Test func notice_IsOneLineOf128Bytes() {
        #expect(LogFormat.notice.count == 128)
        #expect(LogFormat.notice.firstIndex(of: UInt8(ascii: "\n")) == 127)
        #expect(LogFormat.notice.allSatisfy { $0 < 127 })
    }

    @Test func trailer_Encoded_HasItsLayout() {
        let bytes = trailer.encoded()
        #expect(bytes.count == 80)
        #expect(bytes.prefix(24) == [0, 16, 0, 0, 0, 0, 0, 0, 35, 1, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1])
        #expect(bytes.suffix(16) == [80, 0, 0, 0, 1, 0, 0, 0, 127, 72, 53, 82, 69, 68, 79, 10])
    }

    @Test func trailer_Decoded_IsWhatWasEncoded() throws {
        #expect(try LogTrailer(decoding: trailer.encoded()) == trailer)
    }

    @Test func trailer_WithAnyOtherByteOfItsNumbers_IsNone() throws {
        for place in 0..<64 {
            var bytes = trailer.encoded()
            bytes[place] ^= 0x10
            #expect(try LogTrailer(decoding: bytes) == nil)
        }
    }

    @Test func trailer_OfVersionZero_IsATornOne() throws {
        var bytes = trailer.encoded()
        bytes[68] = 0
        #expect(try LogTrailer(decoding: bytes) == nil)
    }

    @Test func trailer_OfANewerVersion_IsRefusedHoweverLong() {
        let tail = Array(trailer.encoded().suffix(16))
        #expect(throws: RedoLogError.unknownVersion(3)) {
            try LogTrailer(decoding: Array(tail.prefix(4)) + [3, 0, 0, 0] + Array(tail.suffix(8)))
        }
    }
}
