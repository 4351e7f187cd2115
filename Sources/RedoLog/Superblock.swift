/// What a log needs to know of a file's superblock.
///
/// Source: HDF5 File Format Specification, "Disk Format: Level 0A".
struct Superblock: Equatable {
    /// Where the signature begins: 0, or past a user block.
    var offset: UInt64
    /// Without the veil.
    var version: UInt8
    /// Whether the top bit of the version byte is set, which every HDF5 library takes for an unknown version.
    var isVeiled: Bool
    /// The first byte past all that HDF5 has allocated, from the begin of the file.
    var endAddress: UInt64
    /// Version 3 only: whether another program says that it has the file open for writing.
    var isOpenElsewhere: Bool

    var versionPlace: UInt64 { offset + 8 }

    static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    static let veil: UInt8 = 0x80

    /// The longest there is: version 1 with addresses of 32 bytes, as far as the end address.
    private static let longest = 28 + 3 * 32
    /// More than any superblock takes, and less than what can lie behind it begins at.
    static let room: UInt64 = 96

    /// Where each version has the width of addresses and the base address; the end address is the third from there.
    static let fields: [UInt8: (width: Int, base: Int)] = [0: (13, 24), 1: (13, 28), 2: (9, 12), 3: (9, 12)]
}

extension Superblock {
    /// Searches where libhdf5 does: at 0, 512 and each further power of two.
    /// - Throws: `notHDF5`, `unreadableSuperblock`, `system`.
    init(_ storage: some Storage, size: UInt64) throws(RedoLogError) {
        try self.init(size: size) { (place, count) throws(RedoLogError) in try storage.bytes(at: place, count: count) }
    }

    /// The same for bytes from anywhere.
    init(size: UInt64, bytes read: (UInt64, Int) throws(RedoLogError) -> [UInt8]) throws(RedoLogError) {
        var place: UInt64 = 0
        while place < size {
            let bytes = try read(place, Self.longest)
            if bytes.starts(with: Self.signature) {
                self = try Superblock(decoding: bytes, at: place)
                return
            }
            place = place == 0 ? 512 : place * 2
        }
        throw .notHDF5
    }

    /// - Throws: `unreadableSuperblock`.
    init(decoding bytes: [UInt8], at offset: UInt64) throws(RedoLogError) {
        let version = bytes.count > 8 ? bytes[8] : UInt8.max
        guard let fields = Self.fields[version & ~Self.veil], bytes.count > fields.width else {
            throw .unreadableSuperblock(version: version)
        }
        let width = Int(bytes[fields.width])
        guard [2, 4, 8, 16, 32].contains(width), bytes.count >= fields.base + 3 * width,
            let base = bytes.address(at: fields.base, width: width),
            let end = bytes.address(at: fields.base + 2 * width, width: width), end >= base
        else { throw .unreadableSuperblock(version: version) }
        // The stored end is absolute. Where a user block was put before the file afterwards, the base is not the
        // signature's offset, and libhdf5 moves both by the difference.
        let (moved, overflow) = (end - base).addingReportingOverflow(offset)
        if overflow { throw .unreadableSuperblock(version: version) }
        self.offset = offset
        self.version = version & ~Self.veil
        isOpenElsewhere = self.version == 3 && bytes[11] != 0
        isVeiled = version & Self.veil != 0
        endAddress = moved
    }
}

extension [UInt8] {
    /// An address of any width, nil when it has more than 64 bits.
    fileprivate func address(at offset: Int, width: Int) -> UInt64? {
        guard self[offset..<offset + width].dropFirst(8).allSatisfy({ $0 == 0 }) else { return nil }
        return littleEndian(at: offset, width: Swift.min(width, 8))
    }
}
