/// Bytes that belong at one place of a file: in memory, or in the spill file.
struct Extent {
    private(set) var start: UInt64
    private(set) var count: Int
    /// Empty when the bytes are spilled.
    private(set) var bytes: [UInt8]
    /// Where they begin in the spill file.
    private(set) var spilledAt: UInt64?

    init(_ bytes: UnsafeRawBufferPointer, at start: UInt64) {
        self.start = start
        self.bytes = Array(bytes)
        count = bytes.count
    }

    /// Bytes that are in the spill file already.
    init(spilledAt place: UInt64, count: Int, start: UInt64) {
        (self.start, self.count, spilledAt) = (start, count, place)
        bytes = []
    }

    var end: UInt64 { start + UInt64(count) }

    /// Overwrites and grows; `place` lies inside the extent or at its end, and the extent is in memory.
    /// - Parameter limit: How far the extent may ever grow.
    mutating func write(_ new: UnsafeRawBufferPointer, at place: UInt64, limit: UInt64) {
        let offset = Int(place - start)
        let inside = min(new.count, count - offset)
        bytes.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[offset..<offset + inside])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: new[..<inside]))
        }
        guard inside < new.count else { return }
        // What has grown this far is a sequence of writes that will go on.
        if bytes.capacity < offset + new.count, offset >= 32 << 10 { bytes.reserveCapacity(Int(limit - start)) }
        bytes.append(contentsOf: new[inside...])
        count = bytes.count
    }

    /// Leaves what lies from `place` on.
    mutating func dropFirst(to place: UInt64) {
        let dropped = Int(place - start)
        start = place
        count -= dropped
        if let spilledAt { self.spilledAt = spilledAt + UInt64(dropped) } else { bytes.removeFirst(dropped) }
    }

    /// Leaves what lies before `place`.
    mutating func dropLast(from place: UInt64) {
        let dropped = Int(end - place)
        count -= dropped
        if spilledAt == nil { bytes.removeLast(dropped) }
    }

    /// From now on the bytes are in the spill file.
    mutating func spill(to place: UInt64) {
        bytes = []
        spilledAt = place
    }
}
