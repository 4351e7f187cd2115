/// Writes a log from its beginning to its end, in few large writes.
struct LogWriter {
    /// So many bytes are gathered before they are written.
    static let bufferSize = 1 << 20

    private let storage: any Storage
    private let start: UInt64
    /// How much has been given, written or not.
    private var length: UInt64 = 0
    private var buffer: [UInt8] = []
    private var checksum = LogChecksum()

    init(_ storage: any Storage, at start: UInt64) {
        self.storage = storage
        self.start = start
    }

    /// Adds a part of what comes before the trailer.
    mutating func add(_ bytes: UnsafeRawBufferPointer) throws(RedoLogError) {
        checksum.add(bytes)
        let isLarge = bytes.count >= Self.bufferSize / 2
        // What is written directly lies after what was given before it.
        if isLarge || buffer.count + bytes.count > Self.bufferSize { try flush() }
        if isLarge {
            try storage.write(bytes, at: start + length)
        } else {
            buffer.append(contentsOf: bytes)
        }
        length += UInt64(bytes.count)
    }

    mutating func add(_ bytes: [UInt8]) throws(RedoLogError) {
        try bytes.withBytes { (bytes) throws(RedoLogError) in try add(bytes) }
    }

    /// Adds the trailer and writes what is left; the log is complete.
    mutating func finish(vouchingFor appended: AppendedBytes) throws(RedoLogError) {
        let trailer = LogTrailer(
            logStart: start, logLength: length + UInt64(LogTrailer.length), contentChecksum: checksum.value,
            appendedStart: appended.range.lowerBound, appendedEnd: appended.range.upperBound,
            appendedChecksum: appended.checksum)
        buffer += trailer.encoded()
        length += UInt64(LogTrailer.length)
        try flush()
    }

    private mutating func flush() throws(RedoLogError) {
        if buffer.isEmpty { return }
        try storage.write(buffer, at: start + length - UInt64(buffer.count))
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Bytes past the old end of the file that a log vouches for; none, where they are on the disk already.
struct AppendedBytes: Equatable {
    var range: Range<UInt64> = 0..<0
    var checksum: UInt64 = 0

    init() {}

    init(_ range: Range<UInt64>, of storage: any Storage) throws(RedoLogError) {
        self.range = range
        checksum = range.isEmpty ? 0 : try storage.checksum(of: range)
    }
}

extension Storage {
    /// The checksum of a part of the file, with zeros past its end.
    func checksum(of range: Range<UInt64>) throws(RedoLogError) -> UInt64 {
        var checksum = LogChecksum()
        try forEachSlab(of: range) { bytes, _ in checksum.add(bytes) }
        return checksum.value
    }

    /// Reads a part of the file piece by piece: the bytes, and where they are.
    func forEachSlab(
        of range: Range<UInt64>, _ body: (UnsafeRawBufferPointer, UInt64) throws(RedoLogError) -> Void
    ) throws(RedoLogError) {
        var buffer = [UInt8](repeating: 0, count: Int(min(range.upperBound - range.lowerBound, 1 << 20)))
        var place = range.lowerBound
        while place < range.upperBound {
            let count = Int(min(UInt64(buffer.count), range.upperBound - place))
            try buffer.withMutableBytes { (buffer) throws(RedoLogError) in
                let slab = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
                try fill(slab, at: place)
                try body(UnsafeRawBufferPointer(slab), place)
            }
            place += UInt64(count)
        }
    }
}
