/// The superblock's signature and version byte, by which other programs are kept away while a commit is at work.
///
/// Where the superblock stays at its place, its version byte is veiled and everything else goes home around it. A file
/// that is made anew can have it at another place: libhdf5 takes the first signature it finds, so the veil is at the
/// first of both places, and what belongs there in the end is written last.
struct Veil: Equatable {
    static let length = 9

    let place: UInt64
    /// What the bytes are when the change is home.
    let last: [UInt8]

    /// - Parameters:
    ///   - place: The smaller of the superblock's offsets before and after the change.
    ///   - last: As in the file with the change; a veil over them is taken away.
    init(place: UInt64, last: [UInt8]) {
        self.place = place
        self.last = Self.isSignature(last) ? last.dropLast() + [last[8] & ~Superblock.veil] : last
    }

    var range: Range<UInt64> { place..<place + UInt64(Self.length) }

    /// What the bytes are while the rest goes home; nil where they stay as they are, veiled.
    private var meanwhile: [UInt8]? {
        Self.isSignature(last) ? last.dropLast() + [last[8] | Superblock.veil] : nil
    }

    private static func isSignature(_ bytes: [UInt8]) -> Bool {
        bytes.count == length && bytes.starts(with: Superblock.signature)
    }

    /// Writes what belongs at `place` in the file, except the veil's own bytes.
    func writeHome(_ bytes: UnsafeRawBufferPointer, at place: UInt64, _ storage: any Storage) throws(RedoLogError) {
        let end = place + UInt64(bytes.count)
        if end <= range.lowerBound || place >= range.upperBound { return try storage.write(bytes, at: place) }
        if place < range.lowerBound {
            let count = Int(range.lowerBound - place)
            try storage.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: place)
        }
        if end > range.upperBound {
            let dropped = Int(range.upperBound - place)
            try storage.write(UnsafeRawBufferPointer(rebasing: bytes[dropped...]), at: range.upperBound)
        }
    }

    /// Makes sure that the veil is there while the rest goes home.
    func draw(_ storage: any Storage) throws(RedoLogError) {
        guard let meanwhile, try storage.bytes(at: place, count: Self.length) != meanwhile else { return }
        try storage.write(meanwhile, at: place)
    }

    /// The change is home, and the log may be cut off next.
    func lift(_ storage: any Storage, _ durability: Durability) throws(RedoLogError) {
        try storage.write(last, at: place)
        // A veil alone means that all is home and is taken away by clearing its bit, which here is not enough.
        if !Self.isSignature(last), durability == .power { try storage.synchronize() }
    }
}
