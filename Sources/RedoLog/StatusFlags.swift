/// The status flags of a superblock, and the checksum that covers them; there is none before version 2.
///
/// Source: HDF5 File Format Specification, "Disk Format: Level 0A", versions 2 and 3.
struct StatusFlags: Equatable {
    private static let place = 11

    /// The whole superblock without its checksum, without the veil.
    private let content: [UInt8]
    private let checksum: UInt32
    private let version: UInt8

    /// Nil for a superblock without a checksum.
    init?(_ storage: some Storage, _ superblock: Superblock) throws(RedoLogError) {
        guard superblock.version >= 2 else { return nil }
        let width = try storage.bytes(at: superblock.offset + 9, count: 1)
        let length = 12 + 4 * Int(width.first ?? 0)
        var bytes = try storage.bytes(at: superblock.offset, count: length + 4)
        guard bytes.count == length + 4 else { throw .unreadableSuperblock(version: superblock.version) }
        bytes[8] = superblock.version
        content = Array(bytes.prefix(length))
        checksum = UInt32(truncatingIfNeeded: bytes.littleEndian(at: length, width: 4))
        version = superblock.version
    }

    /// 1: open for writing; 4: open for SWMR writing. Before version 3 nobody sets any.
    var value: UInt8 { version >= 3 ? content[Self.place] : 0 }

    var isIntact: Bool { MetadataChecksum.value(of: content) == checksum }

    /// The superblock without flags; it lies in one sector, so that it is written as a whole or not at all.
    func cleared() -> [UInt8] {
        var bytes = content
        bytes[Self.place] = 0
        let checksum = MetadataChecksum.value(of: bytes)
        bytes.append(littleEndian: checksum)
        return bytes
    }
}

/// The checksum of HDF5's metadata: Bob Jenkins' hash function of 2006 with the initial value 0.
///
/// Source: "lookup3.c, by Bob Jenkins, May 2006, Public Domain", function `hashlittle`.
enum MetadataChecksum {
    static func value(of bytes: [UInt8]) -> UInt32 {
        let start = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count)
        var state = (start, start, start)
        if bytes.isEmpty { return start }
        var place = 0
        while bytes.count - place > 12 {
            add(bytes[place..<place + 12], to: &state)
            mix(&state)
            place += 12
        }
        add(bytes[place...], to: &state)
        finish(&state)
        return state.2
    }

    private typealias State = (UInt32, UInt32, UInt32)

    /// Up to 12 bytes, those that are missing as zeros.
    private static func add(_ bytes: ArraySlice<UInt8>, to state: inout State) {
        let block = Array(bytes) + Array(repeating: 0, count: 12 - bytes.count)
        state.0 &+= UInt32(truncatingIfNeeded: block.littleEndian(at: 0, width: 4))
        state.1 &+= UInt32(truncatingIfNeeded: block.littleEndian(at: 4, width: 4))
        state.2 &+= UInt32(truncatingIfNeeded: block.littleEndian(at: 8, width: 4))
    }

    private static func mix(_ state: inout State) {
        var (a, b, c) = state
        for count: UInt32 in [4, 6, 8, 16, 19, 4] {
            a = (a &- c) ^ rotated(c, count)
            c &+= b
            // Each step is the one before with the names moved on; six are two rounds.
            (a, b, c) = (b, c, a)
        }
        state = (a, b, c)
    }

    private static func finish(_ state: inout State) {
        var (a, b, c) = state
        c = (c ^ b) &- rotated(b, 14)
        a = (a ^ c) &- rotated(c, 11)
        b = (b ^ a) &- rotated(a, 25)
        c = (c ^ b) &- rotated(b, 16)
        a = (a ^ c) &- rotated(c, 4)
        b = (b ^ a) &- rotated(a, 14)
        c = (c ^ b) &- rotated(b, 24)
        state = (a, b, c)
    }

    private static func rotated(_ number: UInt32, _ count: UInt32) -> UInt32 {
        number << count | number >> (32 - count)
    }
}
