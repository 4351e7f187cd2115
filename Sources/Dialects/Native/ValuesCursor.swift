import H5Model

/// Where the next slab of a body with values begins.
struct ValuesCursor: Equatable {
    /// The part of the body: the column, or 0.
    var section = 0
    /// The part's next element.
    var element = 0
    /// The most elements of variable length that are read at once; it grows while they prove to be short.
    var run = 1024
    var gzip = GzipStream()

    init() {}

    /// Steps over `count` elements, and on to the next part where this one is complete.
    /// - Returns: Whether the whole body is complete.
    mutating func advance(by count: Int, of total: Int, sections: Int) -> Bool {
        element += count
        guard element >= total else { return false }
        section += 1
        element = 0
        return section == sections
    }
}

extension ValuesCursor {
    private var words: [UInt64] {
        let flags: UInt64 = gzip.hasBegun ? 1 : 0
        let state = UInt64(gzip.checksum) << 32 | UInt64(gzip.length)
        return [UInt64(section), UInt64(element), UInt64(run), state, flags]
    }

    /// The cursor as the gate keeps it.
    var bytes: [UInt8] {
        words.flatMap { word in withUnsafeBytes(of: word.littleEndian, Array.init) }
    }

    /// - Throws: `internal` for bytes that are no cursor.
    init(_ bytes: [UInt8]) throws(ServiceError) {
        let words = bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - 7, by: 8).map { place in
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            }
        }
        guard bytes.count == 40, let section = Int(exactly: words[0]), let element = Int(exactly: words[1]),
            let run = Int(exactly: words[2]), run > 0
        else { throw ServiceError(.internal, "the rest of the values was asked for with a broken cursor") }
        self.section = section
        self.element = element
        self.run = run
        gzip = GzipStream(
            checksum: UInt32(truncatingIfNeeded: words[3] >> 32), length: UInt32(truncatingIfNeeded: words[3]),
            hasBegun: words[4] == 1)
    }
}
