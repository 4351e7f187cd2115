import Glibc

@testable import RedoLog

/// An unnamed file with these bytes.
struct ScratchFile: ~Copyable {
    let descriptor: Int32

    init(_ bytes: [UInt8]) {
        var template = Array("/tmp/redolog-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        unlink(template)
        write(descriptor, bytes, bytes.count)
    }

    deinit { close(descriptor) }

    func state() throws(RedoLogError) -> RedoLog.State {
        try RedoLog.inspect(descriptor: descriptor)
    }
}

/// Superblocks of files of `length` bytes, as HDF5 2.0.0 and (version 1, addresses of 4 bytes) 1.10.8 wrote them.
struct Sample: Sendable, CustomStringConvertible {
    var version: Int
    var length: Int
    var superblock: [UInt8]
    var description: String { "superblock \(version)" }

    init(version: Int, length: Int, _ hexadecimal: String) {
        self.version = version
        self.length = length
        let digits = hexadecimal.utf8.map { UInt8($0 > 57 ? $0 - 87 : $0 - 48) }
        superblock = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// A file that ends where HDF5 says, after `userBlock` bytes of other things.
    func file(veiled: Bool = false, userBlock: Int = 0) -> [UInt8] {
        var bytes = Array(repeating: UInt8(ascii: "u"), count: userBlock) + superblock
        bytes += Array(repeating: 0, count: length - superblock.count)
        if veiled { bytes[userBlock + 8] |= 0x80 }
        return bytes
    }

    static let all = [
        Sample(
            version: 0, length: 2128,
            "894844460d0a1a0a000000000008080004001000000000000000000000000000"
                + "ffffffffffffffff5008000000000000ffffffffffffffff0000000000000000"),
        Sample(
            version: 1, length: 496,
            "894844460d0a1a0a0100000000040400040010000000000040000000"
                + "00000000fffffffff0010000ffffffff000000004c00000001000000"),
        Sample(
            version: 2, length: 2128,
            "894844460d0a1a0a020808000000000000000000ffffffffffffffff5008000000000000"
                + "3000000000000000da26f434"),
        Sample(
            version: 3, length: 2128,
            "894844460d0a1a0a030808000000000000000000ffffffffffffffff5008000000000000"
                + "3000000000000000036f2706"),
    ]

    /// As with `H5Pset_userblock`: base 1024, signature there.
    static let userBlock = Sample(
        version: 0, length: 2128,
        "894844460d0a1a0a000000000008080004001000000000000004000000000000"
            + "ffffffffffffffff500c000000000000ffffffffffffffff0000000000000000")
}

/// A file followed by a log with one extent, as a writer lays it out.
func withLog(_ file: [UInt8], change: (inout LogTrailer) -> Void = { _ in }) -> [UInt8] {
    let start = (file.count + 4095) / 4096 * 4096
    var body = LogFormat.notice
    body.append(littleEndian: LogFormat.version)
    body.append(littleEndian: UInt32(LogFormat.headerLength))
    for number in [1, UInt64(file.count), UInt64(file.count), 0, 0, 0, 0, 512, 3] { body.append(littleEndian: number) }
    body += [1, 2, 3]
    var trailer = LogTrailer(
        logStart: UInt64(start), logLength: UInt64(body.count + LogTrailer.length),
        contentChecksum: LogChecksum(of: body).value, appendedStart: 0, appendedEnd: 0, appendedChecksum: 0)
    change(&trailer)
    return file + Array(repeating: 0, count: start - file.count) + body + trailer.encoded()
}
