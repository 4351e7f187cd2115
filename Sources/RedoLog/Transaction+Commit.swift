extension Transaction {
    /// Makes the change, or leaves the file as it was. The transaction is over in any case.
    ///
    /// Log and veil are written and synchronised: from then on the change is made, whatever happens. Then the bytes go
    /// home and are synchronised, and the veil and the log go away.
    /// - Throws: `system`, `changedMeanwhile`, `notHDF5` and `unreadableSuperblock` for new content that is no HDF5
    ///   file: the file is as it was. Also what an earlier `read` or `write` threw, even if its caller went on.
    ///   `unfinished`: the change is made, and recovery will bring it home.
    public func commit() throws(RedoLogError) {
        defer { abandon() }
        if let failure { throw failure }
        guard !isOver, try hasChanges else { return }
        try checkUntouched()
        if oldSize == 0 { return try commitNew() }
        let found = try foundDifferences()
        let hasLog = !found.isEmpty || size != oldSize || physicalSize != oldSize || isEmptied
        if hasLog { return try commitChange(found) }
        // All was written to its place.
        try synchronize()
        finish()
    }

    /// A lock keeps out only those who ask for it.
    private func checkUntouched() throws(RedoLogError) {
        let now = try storage.status()
        guard now.size == physicalSize, hasTouchedFile || now.modified == before.modified else {
            throw .changedMeanwhile
        }
    }

    func synchronize() throws(RedoLogError) {
        if settings.durability == .power { try storage.synchronize() }
    }
}

// MARK: - A file that has content

extension Transaction {
    private func commitChange(_ differences: [Difference]) throws(RedoLogError) {
        let old = try oldSuperblock()
        let new = try newSuperblock()
        let veil = try veil(old, new)
        // What was no HDF5 file can get its signature past its old end; before the commit point it has none.
        let found = differences + (veil.place < oldSize ? [] : [Difference(veil)])
        do throws(RedoLogError) {
            try reserve(found)
            let appended = try writeAppended(except: veil)
            try writeLog(found, veil, appended, at: logStart(old, new))
            if let old { try storage.write([old.version | Superblock.veil], at: old.versionPlace) }
            try synchronize()
        } catch {
            undo(old)
            throw error
        }
        // The change is made.
        finish()
        do throws(RedoLogError) {
            try bringHome(found, veil)
        } catch {
            guard case .system(let code, let operation) = error else { throw error }
            throw .unfinished(errno: code, operation: operation)
        }
    }

    /// After the commit point it would be too late to find that a hole needs a place on a full disk.
    private func reserve(_ found: [Difference]) throws(RedoLogError) {
        guard before.hasHoles else { return }
        for range in found.joined() {
            try storage.reserve(range.lowerBound, range.upperBound - range.lowerBound)
        }
    }

    /// Nil when the file was no HDF5 file that we know.
    private func oldSuperblock() throws(RedoLogError) -> Superblock? {
        do {
            return try Superblock(storage, size: oldSize)
        } catch {
            if case .system = error { throw error }
            return nil
        }
    }

    private func newSuperblock() throws(RedoLogError) -> Superblock {
        try Superblock(size: size) { (place, count) throws(RedoLogError) in try bytes(at: place, count: count) }
    }

    private func veil(_ old: Superblock?, _ new: Superblock) throws(RedoLogError) -> Veil {
        let place = min(old?.offset ?? new.offset, new.offset)
        return Veil(place: place, last: try bytes(at: place, count: Veil.length))
    }

    private func bytes(at place: UInt64, count: Int) throws(RedoLogError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withMutableBytes { (bytes) throws(RedoLogError) in try read(into: bytes, at: place) }
        return bytes
    }

    /// Past everything that is, or will be, part of the file.
    private func logStart(_ old: Superblock?, _ new: Superblock) -> UInt64 {
        let end = max(physicalSize, size, old?.endAddress ?? 0, new.endAddress)
        return (end + LogFormat.alignment - 1) / LogFormat.alignment * LogFormat.alignment
    }

    /// Brings what was kept back to its place past the old end. The log vouches for little of it by a checksum; much
    /// is waited for.
    private func writeAppended(except veil: Veil) throws(RedoLogError) -> AppendedBytes {
        try writeTail(except: veil.place < oldSize ? nil : veil)
        if settings.durability == .process { return AppendedBytes() }
        // What the veil will change while all goes home cannot be vouched for.
        if physicalSize - oldSize > Self.vouchedLimit || veil.range.upperBound > oldSize {
            try storage.synchronize()
            return AppendedBytes()
        }
        return try AppendedBytes(oldSize..<physicalSize, of: storage)
    }

    /// To read more than so many bytes takes as long as to wait for the disk.
    private static let vouchedLimit: UInt64 = 8 << 20

    private func writeLog(
        _ found: [Difference], _ veil: Veil, _ appended: AppendedBytes, at start: UInt64
    ) throws(RedoLogError) {
        let index = found.joined()
        let header = LogHeader(
            extentCount: UInt64(index.count), oldLength: oldSize, newLength: size, veilPlace: veil.place)
        var log = LogWriter(storage, at: start)
        extendPhysically(to: start + 1)
        try log.add(LogFormat.notice)
        try log.add(header.encoded())
        for range in index {
            var entry: [UInt8] = []
            entry.append(littleEndian: range.lowerBound)
            entry.append(littleEndian: range.upperBound - range.lowerBound)
            try log.add(entry)
        }
        try forEachSlab(of: found) { (bytes, _) throws(RedoLogError) in try log.add(bytes) }
        try log.finish(vouchingFor: appended)
    }

    private func bringHome(_ found: [Difference], _ veil: Veil) throws(RedoLogError) {
        try veil.draw(storage)
        try forEachSlab(of: found) { (bytes, place) throws(RedoLogError) in
            try veil.writeHome(bytes, at: place, storage)
        }
        try synchronize()
        try veil.lift(storage, settings.durability)
        try storage.setSize(size)
    }

    /// Before the commit point: the log goes first, so that the veil alone never stands for a change.
    private func undo(_ old: Superblock?) {
        abandon()
        guard let old else { return }
        try? storage.write([old.version], at: old.versionPlace)
        try? synchronize()
    }
}

// MARK: - A file that was empty

extension Transaction {
    /// No log: there is nothing to go back to. The signature comes last, so that what a crash leaves is no HDF5 file,
    /// unless the file has no name yet under which anybody could find it.
    private func commitNew() throws(RedoLogError) {
        if before.isUnnamed || wroteDirectly {
            try writeTail()
            if physicalSize != size { try storage.setSize(size) }
            try synchronize()
            return finish()
        }
        let veil = Veil(place: try newSuperblock().offset, last: [])
        let signature = try bytes(at: veil.place, count: Veil.length)
        try writeTail(except: veil)
        if physicalSize != size { try storage.setSize(size) }
        try synchronize()
        try storage.write(signature, at: veil.place)
        try synchronize()
        finish()
    }
}

extension [Difference] {
    /// The ranges that they cover, those that touch as one.
    fileprivate func joined() -> [Range<UInt64>] {
        reduce(into: []) { ranges, difference in
            if let last = ranges.last, last.upperBound == difference.start {
                ranges[ranges.count - 1] = last.lowerBound..<difference.end
            } else {
                ranges.append(difference.start..<difference.end)
            }
        }
    }
}
