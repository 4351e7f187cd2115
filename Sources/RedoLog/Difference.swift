import Glibc

/// A range of the file below its old end that a commit changes, and its new bytes.
struct Difference {
    enum Source {
        /// The extent that has the bytes.
        case extent(Extent)
        case zeros
    }

    /// Differences are found by blocks of so many bytes: a block that is equal stays as it is.
    static let block = 4096
    /// How many bytes are in hand at once.
    static let slab = 1 << 20

    var start: UInt64
    var count: Int
    var source: Source

    init(start: UInt64, count: Int, source: Source) {
        self.start = start
        self.count = count
        self.source = source
    }

    /// What a veil leaves behind.
    init(_ veil: Veil) {
        self.init(veil.last.withUnsafeBytes { Extent($0, at: veil.place) })
    }

    /// All of an extent.
    init(_ extent: Extent) {
        self.init(start: extent.start, count: extent.count, source: .extent(extent))
    }

    var end: UInt64 { start + UInt64(count) }

    /// Runs `body` on the new bytes, part by part, with their place in the file.
    /// - Parameter buffer: `slab` bytes, for parts that are not in memory.
    func forEachSlab(
        through buffer: inout [UInt8], _ spill: Spill?,
        _ body: (UnsafeRawBufferPointer, UInt64) throws(RedoLogError) -> Void
    ) throws(RedoLogError) {
        if case .extent(let extent) = source, extent.spilledAt == nil {
            let offset = Int(start - extent.start)
            return try extent.bytes.withBytes { (bytes) throws(RedoLogError) in
                try body(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]), start)
            }
        }
        var done = 0
        while done < count {
            let part = min(count - done, Self.slab)
            let place = start + UInt64(done)
            try buffer.withMutableBytes { (buffer) throws(RedoLogError) in
                let slab = UnsafeMutableRawBufferPointer(rebasing: buffer[..<part])
                switch source {
                case .extent(let extent): try extent.copy(into: slab, at: place, spill: spill)
                case .zeros: zero(slab)
                }
                try body(UnsafeRawBufferPointer(slab), place)
            }
            done += part
        }
    }
}

extension Transaction {
    /// What differs from the file below its old end, in order.
    func findDifferences() throws(RedoLogError) -> [Difference] {
        let finder = DifferenceFinder(storage: storage, spill: spill)
        var done: UInt64 = 0
        let end = min(size, oldSize)
        for extent in overlay.extents {
            try finder.compareZeros(from: max(done, visible), to: extent.start)
            try finder.compare(extent)
            done = extent.end
        }
        try finder.compareZeros(from: max(done, visible), to: end)
        return finder.found
    }
}

/// Compares new bytes with the file's.
private final class DifferenceFinder {
    let storage: any Storage
    let spill: Spill?
    private(set) var found: [Difference] = []
    private var old: [UInt8] = []
    private var new: [UInt8] = []

    init(storage: any Storage, spill: Spill?) {
        self.storage = storage
        self.spill = spill
    }

    func compare(_ extent: Extent) throws(RedoLogError) {
        // So much was written that to look for equal blocks among it costs more than to write them.
        if extent.spilledAt != nil { return found.append(Difference(extent)) }
        try compare(Difference(extent))
    }

    /// What could no longer be seen and was not written again reads as zeros.
    func compareZeros(from start: UInt64, to end: UInt64) throws(RedoLogError) {
        if start >= end { return }
        try compare(Difference(start: start, count: Int(end - start), source: .zeros))
    }

    private func compare(_ whole: Difference) throws(RedoLogError) {
        if new.isEmpty, whole.needsBuffer { new = [UInt8](repeating: 0, count: Difference.slab) }
        let room = min(whole.count, Difference.slab)
        if old.count < room { old = [UInt8](repeating: 0, count: room) }
        let from = found.count
        try whole.forEachSlab(through: &new, spill) { (bytes, place) throws(RedoLogError) in
            var done = 0
            while done < bytes.count {
                let part = min(bytes.count - done, old.count)
                let slab = UnsafeRawBufferPointer(rebasing: bytes[done..<done + part])
                try compare(slab, at: place + UInt64(done), whole.source, from)
                done += part
            }
        }
    }

    /// Where all of a slab's beginning differs, so will the rest: to read it would cost more than to write it.
    private func compare(
        _ bytes: UnsafeRawBufferPointer, at place: UInt64, _ source: Difference.Source, _ from: Int
    ) throws(RedoLogError) {
        let probe = min(bytes.count, Self.probe)
        let equal = try countEqual(UnsafeRawBufferPointer(rebasing: bytes[..<probe]), at: place, source, from)
        if bytes.count == probe { return }
        if equal == 0 { return add(place + UInt64(probe), bytes.count - probe, source, from) }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[probe...])
        _ = try countEqual(rest, at: place + UInt64(probe), source, from)
    }

    private static let probe = 64 << 10

    /// Compares block by block. Returns how many blocks are equal.
    private func countEqual(
        _ bytes: UnsafeRawBufferPointer, at place: UInt64, _ source: Difference.Source, _ from: Int
    ) throws(RedoLogError) -> Int {
        try old.withMutableBytes { (old) throws(RedoLogError) in
            try storage.fill(UnsafeMutableRawBufferPointer(rebasing: old[..<bytes.count]), at: place)
        }
        var (done, equal) = (0, 0)
        while done < bytes.count {
            let start = place + UInt64(done)
            let part = min(bytes.count - done, Difference.block - Int(start % UInt64(Difference.block)))
            if isEqual(bytes, done, part) { equal += 1 } else { add(start, part, source, from) }
            done += part
        }
        return equal
    }

    private func add(_ start: UInt64, _ count: Int, _ source: Difference.Source, _ from: Int) {
        if found.count > from, let last = found.last, last.end == start {
            found[found.count - 1].count += count
        } else {
            found.append(Difference(start: start, count: count, source: source))
        }
    }
}

extension DifferenceFinder {
    /// Whether the file's bytes in `old` are the new ones.
    private func isEqual(_ bytes: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) -> Bool {
        old.withUnsafeBytes { old in
            guard let new = bytes.baseAddress, let old = old.baseAddress else { return true }
            return memcmp(new + offset, old + offset, count) == 0
        }
    }
}

extension Difference {
    /// Whether the bytes are not in memory.
    var needsBuffer: Bool {
        if case .extent(let extent) = source { extent.spilledAt != nil } else { true }
    }
}
