@testable import RedoLog

/// A file as HDF5 could have written it: a superblock with the right end, and bytes that differ from file to file.
struct Image: Sendable, Equatable {
    var bytes: [UInt8]

    /// Bytes that are no HDF5 file.
    static func text(_ count: Int) -> Image {
        Image(bytes: Array(repeating: UInt8(ascii: "t"), count: count))
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Parameter length: With the user block.
    init(version: Int, userBlock: Int = 0, length: Int, seed: UInt64) {
        var random = SplitMix(state: seed)
        bytes = (0..<length).map { _ in UInt8.random(in: 1...255, using: &random) }
        // A user block of a new file is zeros.
        for place in 0..<userBlock { bytes[place] = 0 }
        var superblock = Sample.all[version].superblock
        let (base, end) = version < 2 ? (24, 40) : (12, 28)
        if version != 1 {
            superblock.replaceSubrange(base..<base + 8, with: Self.number(userBlock))
            superblock.replaceSubrange(end..<end + 8, with: Self.number(length))
        }
        bytes.replaceSubrange(userBlock..<userBlock + superblock.count, with: superblock)
    }

    private static func number(_ number: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt64(number))
        return bytes
    }

    /// What a plain HDF5 program sees in a file: the bytes up to the end address, nil where it refuses to open it.
    static func seen(_ bytes: [UInt8]) -> [UInt8]? {
        let storage = MemoryStorage(bytes)
        guard let superblock = try? Superblock(storage, size: UInt64(bytes.count)), !superblock.isVeiled,
            superblock.endAddress <= UInt64(bytes.count)
        else { return nil }
        return Array(bytes.prefix(Int(superblock.endAddress)))
    }

    /// What it sees in this one; all bytes where that is nothing.
    var seen: [UInt8] { Self.seen(bytes) ?? bytes }
}

/// Random numbers that are the same in each run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// A change from one image to another, as a writer makes it.
struct Change: Sendable, CustomStringConvertible {
    var name: String
    var before: Image
    var after: Image
    /// As mode `w`.
    var startsEmpty = false
    var appendBuffer = 4 << 20

    var description: String { name }

    /// Writes all that differs, in pieces and out of order.
    func write(to transaction: Transaction, seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var pieces: [Range<Int>] = []
        var place = 0
        while place < after.bytes.count {
            let end = min(after.bytes.count, place + Int.random(in: 1...6000, using: &random))
            let old = before.bytes.prefix(end).dropFirst(place)
            if startsEmpty || old != after.bytes[place..<end] { pieces.append(place..<end) }
            place = end
        }
        for piece in pieces.shuffled(using: &random) {
            try Array(after.bytes[piece]).withUnsafeBytes { try transaction.write($0, at: UInt64(piece.lowerBound)) }
        }
        transaction.setSize(UInt64(after.bytes.count))
    }

    func transaction(
        _ storage: any Storage, durability: Durability = .power, seed: UInt64 = 1
    ) throws -> Transaction {
        let settings = TransactionSettings(durability: durability, appendBuffer: appendBuffer)
        let transaction = try Transaction(storage, startsEmpty: startsEmpty, settings: settings)
        do {
            try write(to: transaction, seed: seed)
        } catch {
            transaction.abandon()
            throw error
        }
        return transaction
    }

    /// Whether a plain program sees in a file what it saw before; the bytes themselves where that was no HDF5 file.
    func isBefore(_ bytes: [UInt8]) -> Bool {
        guard let seen = Image.seen(before.bytes) else {
            return Image.seen(bytes) == nil && bytes.starts(with: before.bytes)
        }
        return Image.seen(bytes) == seen
    }

    func isAfter(_ bytes: [UInt8]) -> Bool {
        Image.seen(bytes) == after.bytes
    }

    static let all: [Change] = [0, 3].flatMap { version in
        let old = Image(version: version, length: 20_000, seed: 1)
        return [
            Change(name: "\(version) grows", before: old, after: old.changed(version, 31_000)),
            Change(name: "\(version) grows much", before: old, after: old.changed(version, 31_000), appendBuffer: 1000),
            Change(name: "\(version) shrinks", before: old, after: old.changed(version, 13_000)),
            Change(name: "\(version) stays", before: old, after: old.changed(version, 20_000)),
            Change(
                name: "\(version) all", before: old, after: Image(version: version, length: 20_000, seed: 2)),
            Change(
                name: "\(version) anew", before: old, after: Image(version: 3 - version, length: 9000, seed: 3),
                startsEmpty: true),
            Change(
                name: "\(version) with a user block",
                before: Image(version: version, userBlock: 512, length: 20_000, seed: 4),
                after: Image(version: version, userBlock: 512, length: 24_000, seed: 5)),
            Change(
                name: "\(version) loses its user block",
                before: Image(version: version, userBlock: 512, length: 20_000, seed: 6),
                after: Image(version: version, length: 22_000, seed: 7), startsEmpty: true),
            Change(
                name: "\(version) gets a user block", before: old,
                after: Image(version: version, userBlock: 1024, length: 22_000, seed: 8), startsEmpty: true),
            Change(
                name: "\(version) after text", before: .text(5000),
                after: Image(version: version, length: 9000, seed: 9), startsEmpty: true),
            Change(
                name: "\(version) past text", before: .text(300),
                after: Image(version: version, userBlock: 512, length: 9000, seed: 9), startsEmpty: true),
            Change(
                name: "\(version) with a tail", before: Image(bytes: old.bytes + Array(repeating: 7, count: 3000)),
                after: old.changed(version, 25_000)),
        ]
    }
}

extension Image {
    /// Another length, and other bytes in some places.
    fileprivate func changed(_ version: Int, _ length: Int) -> Image {
        var new = Image(version: version, length: length, seed: 99)
        let common = min(length, bytes.count)
        let superblock = Sample.all[version].superblock.count
        new.bytes.replaceSubrange(superblock..<common, with: bytes[superblock..<common])
        for place in [300, 301, 4096, 9000, 12_500] { new.bytes[place] ^= 0x55 }
        return new
    }
}
