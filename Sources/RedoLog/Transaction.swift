import Glibc

/// A change of one file that happens as a whole or not at all.
///
/// What is written below the old end of the file lies in an overlay until the commit; what is written past it is kept
/// back too as long as it is little, else it goes to the file at once, where no reader of HDF5 looks. The file is
/// locked exclusively by somebody else, from before the transaction to after its end.
public final class Transaction {
    let storage: any Storage
    let settings: TransactionSettings
    /// The file as it was.
    let before: StorageStatus
    /// How much of the old content can still be seen; less than all once the file was emptied or cut.
    var visible: UInt64
    var isEmptied: Bool
    /// The end of the file as the writer sees it, in bytes.
    public internal(set) var size: UInt64
    /// Below the old end.
    var overlay = Overlay()
    var spill: Spill?
    /// Past the old end, kept back.
    var tail = Overlay()
    /// Whether nothing goes past the old end before the commit.
    private let keepsAppended: Bool
    /// Where the file really ends; past the old end once `tail` was too much.
    var physicalSize: UInt64
    /// The first failure, after which nothing is committed: libhdf5 may have swallowed it.
    public internal(set) var failure: RedoLogError?
    /// Whether anything was written past the old end before the commit.
    var wroteDirectly = false
    /// Whether the file's time of modification is ours.
    private(set) var hasTouchedFile = false
    /// Whether raw data below the old end goes to the file at once; and whether any has.
    private var writesThrough = false
    private(set) var hasWrittenThrough = false
    /// Where the superblock was; libhdf5 marks it whenever it opens a file for writing.
    private let superblock: Range<UInt64>
    private(set) var isOver = false
    /// Whether whatever is written is not to be kept.
    public internal(set) var isDiscarded = false
    /// Bytes that were moved since progress was told.
    private var untold = 0
    private static let progressStep = 16 << 20
    /// Nil when something was written since they were found.
    var differences: [Difference]?

    /// - Parameters:
    ///   - descriptor: Open for reading and writing; stays the caller's and outlives the transaction.
    ///   - startsEmpty: Nothing of the file's content can be seen, and nothing is left of it after the commit.
    /// - Throws: `unknownVersion`, `system`.
    public convenience init(
        descriptor: Int32, startsEmpty: Bool = false, settings: TransactionSettings = TransactionSettings()
    ) throws(RedoLogError) {
        try self.init(DescriptorStorage(descriptor: descriptor), startsEmpty: startsEmpty, settings: settings)
    }

    /// Recovers the file first.
    init(
        _ storage: any Storage, startsEmpty: Bool = false, settings: TransactionSettings = TransactionSettings()
    ) throws(RedoLogError) {
        self.storage = storage
        self.settings = settings
        let finding = try Finding(storage)
        let recovery = try RedoLog.recover(storage, finding, settings.durability)
        before = recovery == .nothing ? finding.status : try storage.status()
        physicalSize = before.size
        isEmptied = startsEmpty
        visible = startsEmpty ? 0 : before.size
        size = visible
        // What was no HDF5 file must not look like one before it is complete.
        superblock = finding.superblock.map { $0.offset..<$0.offset + Superblock.room } ?? 0..<0
        keepsAppended = settings.appendBuffer == .max || finding.superblock == nil && !before.isUnnamed
    }

    /// What recovery would make of a file; it is only read.
    init(viewing storage: any Storage, _ view: RecoveredView) {
        self.storage = storage
        settings = TransactionSettings()
        before = StorageStatus(size: view.oldLength, modified: [])
        physicalSize = view.physicalLength
        visible = min(view.oldLength, view.newLength)
        size = view.newLength
        (overlay, tail) = (view.overlay, view.tail)
        spill = Spill(storage)
        (isEmptied, keepsAppended, wroteDirectly, isOver) = (false, false, true, true)
        superblock = 0..<0
    }

    var oldSize: UInt64 { before.size }

    /// Fills `buffer` with what the writer has at `offset`; zeros past the end.
    /// - Throws: `system`, kept as `failure`.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(RedoLogError) {
        try latching { () throws(RedoLogError) in
            try check(offset, buffer.count)
            let known = Int(min(UInt64(buffer.count), size - min(size, offset)))
            zero(UnsafeMutableRawBufferPointer(rebasing: buffer[known...]))
            let (below, past) = split(offset, known)
            try readOld(UnsafeMutableRawBufferPointer(rebasing: buffer[below]), at: offset)
            try readNew(UnsafeMutableRawBufferPointer(rebasing: buffer[past]), at: max(offset, oldSize))
        }
    }

    /// From now on raw data that lies below the old end is written to the file at once, where it stays even if nothing is
    /// committed.
    /// - Returns: false, and all stays as it is, where something was written already: then what is overwritten could be
    ///   what the file must keep in case of a crash.
    public func beginWritingThrough() -> Bool {
        let isUntouched = overlay.extents.allSatisfy {
            superblock.contains($0.start) && $0.end <= superblock.upperBound
        }
        guard isUntouched, tail.isEmpty, !wroteDirectly, !isEmptied, size == oldSize, settings.mayWriteThrough() else {
            return false
        }
        writesThrough = true
        return true
    }

    public func endWritingThrough() {
        writesThrough = false
    }

    /// Writes `bytes` at `offset`, as far as the writer can see.
    /// - Parameter isRaw: Whether they are values of a dataset, and nothing that HDF5 needs to find its way.
    /// - Throws: `system`, kept as `failure`.
    public func write(
        _ bytes: UnsafeRawBufferPointer, at offset: UInt64, isRaw: Bool = false
    ) throws(RedoLogError) {
        if bytes.isEmpty { return }
        try latching { () throws(RedoLogError) in
            try check(offset, bytes.count)
            if isOver { throw .system(errno: EROFS, operation: "write a file outside a transaction") }
            differences = nil
            let (below, past) = split(offset, bytes.count)
            if !below.isEmpty {
                let bytes = UnsafeRawBufferPointer(rebasing: bytes[below])
                if isRaw && writesThrough {
                    try writeThrough(bytes, at: offset)
                } else {
                    try cover(bytes, at: offset)
                }
            }
            if !past.isEmpty { try append(UnsafeRawBufferPointer(rebasing: bytes[past]), at: max(offset, oldSize)) }
            if keptInMemory > settings.overlayMemory { try spillOverlay() }
            size = max(size, offset + UInt64(bytes.count))
            progress(bytes.count)
        }
    }

    /// Sets the end of the file; what lay past it is gone. A smaller size alone is no change to commit: what lies past
    /// the end of an HDF5 file's allocated space is nobody's.
    public func setSize(_ size: UInt64) {
        if size == self.size { return }
        differences = nil
        if size < self.size {
            visible = min(visible, size)
            overlay.removeAll(from: size)
            tail.removeAll(from: size)
            if max(size, oldSize) < physicalSize { cutAppended(to: max(size, oldSize)) }
        }
        self.size = size
    }

    /// Hides all of the content and starts with nothing.
    public func empty() {
        setSize(0)
        visible = 0
        isEmptied = true
    }

    /// Whether anything can be written; not in a view of an interrupted commit, and not once the transaction is over.
    public var isWritable: Bool { !isOver }

    /// Whether a commit would change the file.
    /// - Throws: `system`.
    public var hasChanges: Bool {
        get throws(RedoLogError) {
            if isDiscarded { return false }
            if hasWrittenThrough { return true }
            if size > oldSize || physicalSize > oldSize || isEmptied && oldSize > 0 { return true }
            return try !foundDifferences().isEmpty
        }
    }

    /// Goes on taking what is written, of which nothing will be committed.
    public func discard() {
        isDiscarded = true
    }

    /// Leaves the file as it was; bytes past its old end are cut off.
    public func abandon() {
        if !isOver, physicalSize > oldSize { cutAppended(to: oldSize) }
        isOver = true
    }
}

// MARK: - Reading and writing

extension Transaction {
    /// Runs a part of the transaction; after its first failure there are no others.
    private func latching(_ body: () throws(RedoLogError) -> Void) throws(RedoLogError) {
        do throws(RedoLogError) {
            if let failure { throw failure }
            try body()
        } catch {
            failure = error
            throw error
        }
    }

    private func check(_ offset: UInt64, _ count: Int) throws(RedoLogError) {
        guard offset <= UInt64(Int64.max) - UInt64(count) else {
            throw .system(errno: EFBIG, operation: "go past the longest file there can be")
        }
    }

    /// A range's parts below and past the old end.
    private func split(_ offset: UInt64, _ count: Int) -> (below: Range<Int>, past: Range<Int>) {
        let below = Int(min(UInt64(count), oldSize - min(oldSize, offset)))
        return (0..<below, below..<count)
    }

    private func readOld(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(RedoLogError) {
        if buffer.isEmpty { return }
        if !overlay.covers(offset, buffer.count) {
            let shown = Int(min(UInt64(buffer.count), visible - min(visible, offset)))
            try storage.fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<shown]), at: offset)
            zero(UnsafeMutableRawBufferPointer(rebasing: buffer[shown...]))
        }
        try overlay.copy(into: buffer, at: offset, spill: spill)
    }

    private func readNew(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(RedoLogError) {
        if buffer.isEmpty { return }
        if wroteDirectly { try storage.fill(buffer, at: offset) } else { zero(buffer) }
        try tail.copy(into: buffer, at: offset, spill: spill)
    }

    private func progress(_ count: Int) {
        untold += count
        guard untold >= Self.progressStep else { return }
        untold = 0
        settings.progress?()
    }

    private func writeThrough(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(RedoLogError) {
        (hasWrittenThrough, hasTouchedFile) = (true, true)
        try storage.write(bytes, at: offset)
    }

    private func cover(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(RedoLogError) {
        // What would be spilled at once need not go through memory.
        if bytes.count >= Self.large, keptInMemory + bytes.count > settings.overlayMemory, openSpill(),
            let place = try spill?.append(bytes)
        {
            return overlay.write(spilledAt: place, count: bytes.count, at: offset)
        }
        overlay.write(bytes, at: offset)
    }

    private static let large = 256 << 10

    private var keptInMemory: Int { overlay.memory + (keepsAppended ? tail.memory : 0) }

    /// False where there is no spill file.
    private func openSpill() -> Bool {
        if spill == nil { spill = settings.spillFile?().map { Spill(DescriptorStorage(descriptor: $0)) } }
        return spill != nil
    }

    private func append(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(RedoLogError) {
        if keepsAppended || !wroteDirectly && tail.memory + bytes.count <= settings.appendBuffer {
            return tail.write(bytes, at: offset)
        }
        (wroteDirectly, hasTouchedFile) = (true, true)
        try writeTail()
        extendPhysically(to: offset + UInt64(bytes.count))
        try storage.write(bytes, at: offset)
    }

    private func spillOverlay() throws(RedoLogError) {
        guard openSpill(), var spill else { return }
        defer { self.spill = spill }
        try overlay.spill(to: &spill)
        if keepsAppended { try tail.spill(to: &spill) }
    }

    /// Writes what was kept back past the old end, except the bytes of `veil`.
    func writeTail(except veil: Veil? = nil) throws(RedoLogError) {
        let kept = tail.extents.map(Difference.init)
        extendPhysically(to: kept.last?.end ?? 0)
        try forEachSlab(of: kept) { (bytes, place) throws(RedoLogError) in
            if let veil { try veil.writeHome(bytes, at: place, storage) } else { try storage.write(bytes, at: place) }
        }
        tail = Overlay()
    }

    /// Said before it is done: even a write that fails may have made the file longer.
    func extendPhysically(to end: UInt64) {
        physicalSize = max(physicalSize, end)
    }

    /// From now on nothing is undone.
    func finish() {
        isOver = true
    }

    /// The new bytes of each, part by part, with their place.
    func forEachSlab(
        of found: [Difference], _ body: (UnsafeRawBufferPointer, UInt64) throws(RedoLogError) -> Void
    ) throws(RedoLogError) {
        var buffer: [UInt8] = []
        for difference in found {
            if buffer.isEmpty, difference.needsBuffer { buffer = [UInt8](repeating: 0, count: Difference.slab) }
            try difference.forEachSlab(through: &buffer, spill) { (bytes, place) throws(RedoLogError) in
                try body(bytes, place)
                progress(bytes.count)
            }
        }
    }

    func cutAppended(to end: UInt64) {
        do {
            try storage.setSize(end)
            physicalSize = end
        } catch {
            // Bytes stay that HDF5 never looks at; a transaction that goes on must not take them for its own.
            failure = failure ?? error
        }
    }

    func foundDifferences() throws(RedoLogError) -> [Difference] {
        if let differences { return differences }
        let found = try findDifferences()
        differences = found
        return found
    }

}
