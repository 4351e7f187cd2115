/// The layout of a log; everything that a reader of one must know is in this file.
///
/// A log begins at a multiple of 4096, at or past the superblock's end address, and ends exactly at the file's end.
/// Numbers are little-endian and unsigned; unless noted they have 8 bytes.
///
/// | part | content |
/// |---|---|
/// | notice, 128 bytes | `LogFormat.notice`, a line of text |
/// | header, 64 bytes | version (4), header length (4), number of extents, the file's length before and after the transaction, offset of the superblock's signature, 24 bytes of zeros |
/// | index, 16 bytes an extent | offset in the file, length; ascending, not touching; below the old length, but for a superblock that a file gets past it (see `Veil`) |
/// | data | the extents' new bytes, one after the other in the order of the index |
/// | trailer, 80 bytes | `LogTrailer` |
enum LogFormat {
    static let version: UInt32 = 1
    static let alignment: UInt64 = 4096
    static let headerLength = 64

    /// What a person sees who finds the end of the file in an editor or in `strings`; padded to its length.
    static let notice: [UInt8] = {
        let text =
            "lockedh5 redo log: a change to this HDF5 file is being written. To finish it, open the file with lockedh5."
        return Array(text.utf8) + Array(repeating: UInt8(ascii: " "), count: 127 - text.utf8.count) + [
            UInt8(ascii: "\n")
        ]
    }()

    /// The last 8 bytes of a log of any version.
    static let magic: [UInt8] = Array("\u{7F}H5REDO\n".utf8)

    /// No log is shorter, whatever its version: notice, header, trailer.
    static let shortest = UInt64(notice.count + headerLength + LogTrailer.length)
}

/// The last 80 bytes of a log.
///
/// | at | content |
/// |---|---|
/// | 0 | where the log begins |
/// | 8 | its length, all parts |
/// | 16 | checksum of notice, header, index and data |
/// | 24 | begin of the appended bytes that the log vouches for (data that the transaction wrote past the old end) |
/// | 32 | their end |
/// | 40 | their checksum, 0 when there are none |
/// | 48 | zero |
/// | 56 | checksum of the 56 bytes before |
/// | 64 | trailer length (4): 80 |
/// | 68 | version (4) |
/// | 72 | magic |
///
/// The last 16 bytes are the same in every version, and no version is 0: a log whose last sector did not reach the
/// disk has zeros there.
struct LogTrailer: Equatable {
    static let length = 80

    var logStart: UInt64
    var logLength: UInt64
    var contentChecksum: UInt64
    var appendedStart: UInt64
    var appendedEnd: UInt64
    var appendedChecksum: UInt64

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for number in [logStart, logLength, contentChecksum, appendedStart, appendedEnd, appendedChecksum, 0] {
            bytes.append(littleEndian: number)
        }
        bytes.append(littleEndian: LogChecksum(of: bytes).value)
        bytes.append(littleEndian: UInt32(Self.length))
        bytes.append(littleEndian: LogFormat.version)
        return bytes + LogFormat.magic
    }
}

extension LogTrailer {
    /// The trailer at the end of a file's last bytes, nil when there is none or it is torn.
    /// - Throws: `unknownVersion`.
    init?(decoding tail: [UInt8]) throws(RedoLogError) {
        guard tail.suffix(8) == LogFormat.magic[...], tail.count >= 16 else { return nil }
        let version = UInt32(truncatingIfNeeded: tail.littleEndian(at: tail.count - 12, width: 4))
        if version == 0 { return nil }
        guard version == LogFormat.version else { throw .unknownVersion(version) }
        guard tail.count >= Self.length else { return nil }
        let bytes = Array(tail.suffix(Self.length))
        guard bytes.littleEndian(at: 56, width: 8) == LogChecksum(of: bytes.prefix(56)).value else { return nil }
        logStart = bytes.littleEndian(at: 0, width: 8)
        logLength = bytes.littleEndian(at: 8, width: 8)
        contentChecksum = bytes.littleEndian(at: 16, width: 8)
        appendedStart = bytes.littleEndian(at: 24, width: 8)
        appendedEnd = bytes.littleEndian(at: 32, width: 8)
        appendedChecksum = bytes.littleEndian(at: 40, width: 8)
    }

    /// The trailer of the log at the end of a file of `size` bytes, of which HDF5 has allocated those before `end`; nil
    /// when there is none. Bytes that HDF5 allocated are data and never a log, whatever they look like.
    init?(_ storage: some Storage, size: UInt64, end: UInt64) throws(RedoLogError) {
        guard size > end else { return nil }
        let count = min(size - end, UInt64(Self.length))
        let tail = try storage.bytes(at: size - count, count: Int(count))
        guard let trailer = try LogTrailer(decoding: tail) else { return nil }
        guard trailer.logLength >= LogFormat.shortest, trailer.logLength <= size,
            trailer.logStart == size - trailer.logLength,
            trailer.logStart >= end, trailer.logStart % LogFormat.alignment == 0
        else { return nil }
        self = trailer
    }
}
