/// The 64 bytes after a log's notice.
///
/// | at | content |
/// |---|---|
/// | 0 | version (4) |
/// | 4 | header length (4): 64 |
/// | 8 | number of extents |
/// | 16 | the file's length before the transaction |
/// | 24 | its length after it |
/// | 32 | where the superblock's signature is, or will be (see `Veil`) |
/// | 40 | 24 bytes of zeros |
struct LogHeader: Equatable {
    var extentCount: UInt64
    var oldLength: UInt64
    var newLength: UInt64
    var veilPlace: UInt64

    init(extentCount: UInt64, oldLength: UInt64, newLength: UInt64, veilPlace: UInt64) {
        self.extentCount = extentCount
        self.oldLength = oldLength
        self.newLength = newLength
        self.veilPlace = veilPlace
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: LogFormat.version)
        bytes.append(littleEndian: UInt32(LogFormat.headerLength))
        for number in [extentCount, oldLength, newLength, veilPlace, 0, 0, 0] { bytes.append(littleEndian: number) }
        return bytes
    }

    /// Nil for bytes that this version did not write.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count == LogFormat.headerLength,
            bytes.littleEndian(at: 0, width: 4) == UInt64(LogFormat.version),
            bytes.littleEndian(at: 4, width: 4) == UInt64(LogFormat.headerLength)
        else { return nil }
        extentCount = bytes.littleEndian(at: 8, width: 8)
        oldLength = bytes.littleEndian(at: 16, width: 8)
        newLength = bytes.littleEndian(at: 24, width: 8)
        veilPlace = bytes.littleEndian(at: 32, width: 8)
    }
}
