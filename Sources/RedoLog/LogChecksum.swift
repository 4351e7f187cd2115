/// A 64-bit checksum that grows with the bytes it is given; it notices torn writes, not forgers.
///
/// Over words of 8 little-endian bytes, the last filled up with zeros: exclusive or, multiplication by an odd constant,
/// exclusive or with the upper bits; at the end the same with the number of bytes. Each step is reversible, so a
/// difference in one word never gets lost.
struct LogChecksum {
    private var state: UInt64 = 0x243F_6A88_85A3_08D3
    private var count: UInt64 = 0

    init() {}

    init(of bytes: some Sequence<UInt8>) {
        add(bytes)
    }

    /// Adds bytes; every call but the last with a multiple of 8.
    mutating func add(_ bytes: some Sequence<UInt8>) {
        var word: UInt64 = 0
        for byte in bytes {
            word |= UInt64(byte) << (count % 8 * 8)
            count += 1
            if count % 8 == 0 {
                mix(word)
                word = 0
            }
        }
        if count % 8 != 0 { mix(word) }
    }

    var value: UInt64 {
        var last = self
        last.mix(count)
        return last.state
    }

    private mutating func mix(_ word: UInt64) {
        state = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
        state ^= state >> 29
    }
}
