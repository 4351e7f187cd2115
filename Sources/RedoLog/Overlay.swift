import Glibc

/// Bytes that lie over a file: written, and not in it yet.
///
/// The file is divided into segments of 1 MiB, each with its extents in order, so that a change in the middle moves
/// little and a sequence of writes grows one buffer.
struct Overlay {
    static let segmentLength: UInt64 = 1 << 20

    private var segments: [UInt64: Segment] = [:]
    /// Bytes in memory.
    private(set) var memory = 0

    var isEmpty: Bool { segments.isEmpty }

    /// The same bytes, in segments of its own.
    func copy() -> Overlay {
        var copy = self
        copy.segments = segments.mapValues { Segment(copying: $0) }
        return copy
    }

    /// All extents, by their place.
    var extents: [Extent] {
        segments.keys.sorted().flatMap { segments[$0]?.extents ?? [] }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
        Self.forEachSegment(of: offset, bytes.count) { key, place, range in
            let segment = segments[key] ?? Segment(limit: (key + 1) * Self.segmentLength)
            segments[key] = segment
            let before = segment.memory
            segment.write(UnsafeRawBufferPointer(rebasing: bytes[range]), at: place)
            memory += segment.memory - before
        }
    }

    /// Puts bytes that are in the spill file over whatever there is.
    mutating func write(spilledAt source: UInt64, count: Int, at offset: UInt64) {
        Self.forEachSegment(of: offset, count) { key, place, range in
            let segment = segments[key] ?? Segment(limit: (key + 1) * Self.segmentLength)
            segments[key] = segment
            let before = segment.memory
            segment.insert(
                Extent(spilledAt: source + UInt64(range.lowerBound), count: range.count, start: place))
            memory += segment.memory - before
        }
    }

    /// Puts what there is over `buffer`, which stands for the file's bytes from `offset` on.
    func copy(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, spill: Spill?
    ) throws(RedoLogError) {
        if segments.isEmpty { return }
        var failure: RedoLogError?
        Self.forEachSegment(of: offset, buffer.count) { key, place, range in
            guard failure == nil, let segment = segments[key] else { return }
            do throws(RedoLogError) {
                try segment.copy(into: UnsafeMutableRawBufferPointer(rebasing: buffer[range]), at: place, spill: spill)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Whether one extent has all of these bytes, so that the file's own need not be read.
    func covers(_ offset: UInt64, _ count: Int) -> Bool {
        segments[offset / Self.segmentLength]?.covers(offset, count) ?? false
    }

    /// Forgets everything from `offset` on.
    mutating func removeAll(from offset: UInt64) {
        for (key, segment) in segments where segment.limit > offset {
            memory -= segment.memory
            segment.removeAll(from: offset)
            memory += segment.memory
            if segment.extents.isEmpty { segments[key] = nil }
        }
    }

    /// Moves everything that is in memory to the spill file.
    mutating func spill(to spill: inout Spill) throws(RedoLogError) {
        for key in segments.keys.sorted() {
            guard let segment = segments[key] else { continue }
            memory -= segment.memory
            defer { memory += segment.memory }
            try segment.spill(to: &spill)
        }
    }

    /// Cuts a range at the segments' borders: key, offset in the file, place in the range.
    private static func forEachSegment(
        of offset: UInt64, _ count: Int, _ body: (UInt64, UInt64, Range<Int>) -> Void
    ) {
        var done = 0
        while done < count {
            let place = offset + UInt64(done)
            let key = place / segmentLength
            let length = min(count - done, Int((key + 1) * segmentLength - place))
            body(key, place, done..<done + length)
            done += length
        }
    }
}

/// The extents of one segment: in order, none empty, none overlapping another.
private final class Segment {
    private(set) var extents: [Extent] = []
    private(set) var memory = 0
    /// Where the segment ends.
    let limit: UInt64

    init(limit: UInt64) {
        self.limit = limit
    }

    init(copying other: Segment) {
        (extents, memory, limit) = (other.extents, other.memory, other.limit)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at start: UInt64) {
        let index = firstIndex(endingAtOrAfter: start)
        guard index < extents.count, extents[index].start <= start, extents[index].spilledAt == nil else {
            return insert(Extent(bytes, at: start))
        }
        memory -= extents[index].count
        extents[index].write(bytes, at: start, limit: limit)
        memory += extents[index].count
        carve(from: index + 1, below: start + UInt64(bytes.count))
    }

    /// Puts an extent over whatever there is; what lies around it stays.
    func insert(_ extent: Extent) {
        let index = split(firstIndex(endingAtOrAfter: extent.start), at: extent.start)
        carve(from: index, below: extent.end)
        extents.insert(extent, at: index)
        memory += extent.bytes.count
    }

    /// The index at which an extent that begins at `place` belongs; an extent in the way becomes two.
    private func split(_ index: Int, at place: UInt64) -> Int {
        guard index < extents.count, extents[index].start < place else { return index }
        if extents[index].end > place {
            var rest = extents[index]
            rest.dropFirst(to: place)
            extents[index].dropLast(from: place)
            extents.insert(rest, at: index + 1)
        }
        return index + 1
    }

    /// Makes room for bytes that lie before `end`.
    private func carve(from index: Int, below end: UInt64) {
        var covered = index
        while covered < extents.count, extents[covered].end <= end { covered += 1 }
        forget(index..<covered)
        guard index < extents.count, extents[index].start < end else { return }
        memory -= extents[index].bytes.count
        extents[index].dropFirst(to: end)
        memory += extents[index].bytes.count
    }

    private func forget(_ range: Range<Int>) {
        memory -= extents[range].reduce(0) { $0 + $1.bytes.count }
        extents.removeSubrange(range)
    }

    func removeAll(from place: UInt64) {
        let index = firstIndex(endingAtOrAfter: place)
        guard index < extents.count else { return }
        if extents[index].start >= place { return forget(index..<extents.count) }
        forget(index + 1..<extents.count)
        memory -= extents[index].bytes.count
        extents[index].dropLast(from: place)
        memory += extents[index].bytes.count
    }

    func covers(_ start: UInt64, _ count: Int) -> Bool {
        let index = firstIndex(endingAtOrAfter: start + UInt64(count))
        return index < extents.count && extents[index].start <= start
    }

    func copy(into buffer: UnsafeMutableRawBufferPointer, at start: UInt64, spill: Spill?) throws(RedoLogError) {
        let end = start + UInt64(buffer.count)
        var index = firstIndex(endingAtOrAfter: start)
        while index < extents.count, extents[index].start < end {
            let extent = extents[index]
            let (from, to) = (max(extent.start, start), min(extent.end, end))
            if from < to {
                let place = UnsafeMutableRawBufferPointer(rebasing: buffer[Int(from - start)..<Int(to - start)])
                try extent.copy(into: place, at: from, spill: spill)
            }
            index += 1
        }
    }

    func spill(to spill: inout Spill) throws(RedoLogError) {
        for index in extents.indices where extents[index].spilledAt == nil {
            let bytes = extents[index].bytes
            let place = try bytes.withBytes { (bytes) throws(RedoLogError) in try spill.append(bytes) }
            memory -= extents[index].bytes.count
            extents[index].spill(to: place)
        }
    }

    private func firstIndex(endingAtOrAfter place: UInt64) -> Int {
        var (low, high) = (0, extents.count)
        while low < high {
            let middle = (low + high) / 2
            if extents[middle].end >= place { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Extent {
    /// The bytes from `place` on, as many as `buffer` takes.
    func copy(
        into buffer: UnsafeMutableRawBufferPointer, at place: UInt64, spill: Spill?
    ) throws(RedoLogError) {
        let offset = Int(place - start)
        guard let spilledAt else {
            return bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + buffer.count]))
            }
        }
        guard let spill else { throw .system(errno: EBADF, operation: "read the overlay's file") }
        try spill.read(into: buffer, at: spilledAt + UInt64(offset))
    }
}
