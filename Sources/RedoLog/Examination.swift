extension RedoLog {
    /// Looks at a file under a lock and tells all that is unusual about it; nothing, for a file that is in order.
    ///
    /// Only the superblock and what lies past its end address are read.
    /// - Throws: `system`.
    public static func examine(descriptor: Int32) throws(RedoLogError) -> [Condition] {
        try examine(DescriptorStorage(descriptor: descriptor))
    }

    /// Whether the status flags say that a program has the file open for writing.
    /// - Throws: `system`.
    public static func isMarkedOpen(descriptor: Int32) throws(RedoLogError) -> Bool {
        let storage = DescriptorStorage(descriptor: descriptor)
        guard let superblock = try Finding(storage).superblock else { return false }
        return try StatusFlags(storage, superblock).map { $0.value != 0 } ?? false
    }

    static func examine(_ storage: any Storage) throws(RedoLogError) -> [Condition] {
        do {
            return try examine(storage, try Finding(storage))
        } catch {
            guard case .unknownVersion(let version) = error else { throw error }
            return [.unknownLog(version: version)]
        }
    }

    private static func examine(_ storage: any Storage, _ finding: Finding) throws(RedoLogError) -> [Condition] {
        if finding.superblock?.isVeiled ?? true, let log = try finding.log(storage) {
            return [.committedLog(parts: log.entries.count, bytes: log.entries.reduce(0) { $0 + $1.count })]
        }
        guard let superblock = finding.superblock else {
            guard case .unreadableSuperblock(let version) = finding.problem else { return [.notHDF5] }
            return [.unreadableSuperblock(version: version & ~Superblock.veil)]
        }
        let flags = try StatusFlags(storage, superblock)
        if let flags, !flags.isIntact { return [.damagedSuperblock] }
        var found: [Condition] = superblock.isVeiled ? [.veil] : []
        if let flags, flags.value != 0 { found.append(.statusFlags(flags.value)) }
        if finding.size < superblock.endAddress {
            found.append(.missingBytes(superblock.endAddress - finding.size))
        }
        return found + (try past(superblock.endAddress, storage, finding))
    }

    private static func past(
        _ end: UInt64, _ storage: any Storage, _ finding: Finding
    ) throws(RedoLogError) -> [Condition] {
        guard finding.size > end else { return [] }
        let count = finding.size - end
        if finding.trailer != nil { return [.uncommittedLog(bytes: count)] }
        let isTorn = try hasNotice(storage, end..<finding.size)
        return [isTorn ? .uncommittedLog(bytes: count) : .bytesPastEnd(count)]
    }

    /// Whether a log was begun somewhere in a part of the file.
    private static func hasNotice(_ storage: any Storage, _ range: Range<UInt64>) throws(RedoLogError) -> Bool {
        let step = LogFormat.alignment
        var place = (range.lowerBound + step - 1) / step * step
        while place < range.upperBound {
            if try storage.bytes(at: place, count: LogFormat.notice.count) == LogFormat.notice { return true }
            place += step
        }
        return false
    }
}
