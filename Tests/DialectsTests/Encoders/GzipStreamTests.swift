import CZlib
import H5Model
import LeakCheck
import Testing

@testable import Dialects

/// What zlib itself makes of a gzip stream; nil where it is broken or not ended.
func gunzip(_ bytes: [UInt8], capacity: Int) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var status = Z_OK
    var input = bytes
    let text = [UInt8](unsafeUninitializedCapacity: capacity + 1) { output, count in
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            status = inflate(&stream, Z_FINISH)
            count = output.count - Int(stream.avail_out)
        }
    }
    return status == Z_STREAM_END && stream.avail_in == 0 ? text : nil
}

@Suite(.leavesNothingOpen) struct GzipStreamTests {
    private let text = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7 % 251) }

    @Test(arguments: [1000, 16_384, 70_000, 200_000, 200_001])
    func pieces_Together_AreOneStream(size: Int) throws {
        var gzip = GzipStream()
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: size) {
            let end = min(start + size, text.count)
            bytes += try gzip.compress(Array(text[start..<end]), isLast: end == text.count)
        }
        #expect(gunzip(bytes, capacity: text.count) == text)
    }

    @Test func stream_CarriedByItsState_GoesOn() throws {
        var first = GzipStream()
        let head = try first.compress(Array("one, ".utf8), isLast: false)
        var second = GzipStream(checksum: first.checksum, length: first.length, hasBegun: true)
        let bytes = head + (try second.compress(Array("two".utf8), isLast: true))
        #expect(gunzip(bytes, capacity: 100) == Array("one, two".utf8))
    }

    @Test func stream_WithEmptyPieces_IsWhole() throws {
        var gzip = GzipStream()
        var bytes = try gzip.compress([], isLast: false)
        bytes += try gzip.compress(Array("text".utf8), isLast: false)
        bytes += try gzip.compress([], isLast: true)
        #expect(gunzip(bytes, capacity: 10) == Array("text".utf8))
    }
}
