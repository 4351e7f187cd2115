/// A file whose last commit was interrupted, as it will be once it is recovered.
///
/// The log's bytes are read from the log itself.
struct RecoveredView {
    let oldLength: UInt64
    let newLength: UInt64
    let physicalLength: UInt64
    private(set) var overlay = Overlay()
    private(set) var tail = Overlay()

    init(_ storage: any Storage) throws(RedoLogError) {
        let finding = try Finding(storage)
        physicalLength = finding.size
        if let log = try finding.log(storage) {
            (oldLength, newLength) = (log.header.oldLength, log.header.newLength)
            for entry in log.entries {
                let below = min(entry.count, oldLength - min(oldLength, entry.start))
                overlay.write(spilledAt: entry.source, count: Int(below), at: entry.start)
                tail.write(
                    spilledAt: entry.source + below, count: Int(entry.count - below), at: entry.start + below)
            }
            show(try log.veil(storage))
        } else if let superblock = finding.superblock {
            (oldLength, newLength) = (finding.size, finding.size)
            let own = try storage.bytes(at: superblock.offset, count: Veil.length)
            show(Veil(place: superblock.offset, last: own))
        } else {
            throw finding.problem ?? .notHDF5
        }
    }

    private mutating func show(_ veil: Veil) {
        veil.last.withUnsafeBytes { bytes in
            let below = Int(min(UInt64(bytes.count), oldLength - min(oldLength, veil.place)))
            overlay.write(UnsafeRawBufferPointer(rebasing: bytes[..<below]), at: veil.place)
            tail.write(UnsafeRawBufferPointer(rebasing: bytes[below...]), at: veil.place + UInt64(below))
        }
    }
}

extension Transaction {
    /// A file whose last commit was interrupted, as it will be once it is recovered; for a reader who may not do that.
    ///
    /// The file is locked, shared at least, as long as the view is used. Nothing can be written.
    /// - Throws: `notHDF5`, `unreadableSuperblock`, `unknownVersion`, `system`.
    public convenience init(viewing descriptor: Int32) throws(RedoLogError) {
        try self.init(viewing: DescriptorStorage(descriptor: descriptor))
    }

    convenience init(viewing storage: any Storage) throws(RedoLogError) {
        self.init(viewing: storage, try RecoveredView(storage))
    }
}
