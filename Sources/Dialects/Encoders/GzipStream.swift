import CZlib
import H5Model

/// One gzip stream (RFC 1952) made of pieces that are compressed independently of one another.
///
/// Each piece but the last ends with a full flush, so that nothing but the checksum and the length need be carried from
/// one piece to the next, even from one process to another.
struct GzipStream: Equatable {
    /// CRC-32 of the text so far.
    var checksum: UInt32 = 0
    /// Length of the text so far, modulo 2^32.
    var length: UInt32 = 0
    /// Whether the stream's header has been written.
    var hasBegun = false

    /// The next piece of the stream: the header before the first, the trailer after the last.
    /// - Throws: `internal` where zlib refuses, for want of memory.
    mutating func compress(_ text: [UInt8], isLast: Bool) throws(ServiceError) -> [UInt8] {
        var piece: [UInt8] = hasBegun ? [] : Self.header
        hasBegun = true
        checksum = UInt32(truncatingIfNeeded: crc32_z(UInt(checksum), text, text.count))
        length &+= UInt32(truncatingIfNeeded: text.count)
        piece += try Self.deflated(text, flush: isLast ? Z_FINISH : Z_FULL_FLUSH)
        if isLast {
            for word in [checksum, length] {
                withUnsafeBytes(of: word.littleEndian) { piece.append(contentsOf: $0) }
            }
        }
        return piece
    }

    /// Magic, deflate, no flags, no time, fastest, Unix.
    private static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3]

    private static func deflated(_ text: [UInt8], flush: Int32) throws(ServiceError) -> [UInt8] {
        // Small texts are worth neither a large window nor the memory to be cleared for it.
        let isSmall = text.count <= 1 << 14
        var stream = z_stream()
        // Negative window bits: raw deflate, without zlib's own header and trailer.
        var status = deflateInit2_(
            &stream, 1, Z_DEFLATED, isSmall ? -14 : -15, isSmall ? 6 : 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw failure(status) }
        defer { deflateEnd(&stream) }
        // A flush adds an empty stored block, and twelve bytes are more than its worst case.
        let capacity = Int(deflateBound(&stream, UInt(text.count))) + 12
        let piece = [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
            text.withUnsafeBufferPointer { input in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                status = deflate(&stream, flush)
                count = output.count - Int(stream.avail_out)
            }
        }
        guard status == (flush == Z_FINISH ? Z_STREAM_END : Z_OK), stream.avail_in == 0 else { throw failure(status) }
        return piece
    }

    private static func failure(_ status: Int32) -> ServiceError {
        ServiceError(.internal, "the answer could not be compressed (zlib status \(status))")
    }
}
