/// A 64-bit checksum that grows with the bytes it is given; it notices torn writes, not forgers.
///
/// Over words of 8 little-endian bytes, the last filled up with zeros: exclusive or, multiplication by an odd constant,
/// exclusive or with the upper bits; at the end the same with the number of bytes. Each step is reversible, so a
/// difference in one word never gets lost.
struct LogChecksum {
    private var state: UInt64 = 0x243F_6A88_85A3_08D3
    private var count: UInt64 = 0
    /// The bytes after the last whole word.
    private var rest: UInt64 = 0

    init() {}

    init(of bytes: some Sequence<UInt8>) {
        Array(bytes).withUnsafeBytes { add($0) }
    }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        Array(bytes).withUnsafeBytes { add($0) }
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count, count % 8 != 0 {
            add(bytes[done])
            done += 1
        }
        var state = state
        let words = (bytes.count - done) / 8
        for index in 0..<words {
            let word = bytes.loadUnaligned(fromByteOffset: done &+ index &* 8, as: UInt64.self)
            state = Self.mixed(state, UInt64(littleEndian: word))
        }
        self.state = state
        count += UInt64(words * 8)
        for byte in bytes[(done + words * 8)...] { add(byte) }
    }

    var value: UInt64 {
        let whole = count % 8 == 0 ? state : Self.mixed(state, rest)
        return Self.mixed(whole, count)
    }

    private mutating func add(_ byte: UInt8) {
        rest |= UInt64(byte) << (count % 8 * 8)
        count += 1
        if count % 8 == 0 {
            state = Self.mixed(state, rest)
            rest = 0
        }
    }

    private static func mixed(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 29
    }
}
