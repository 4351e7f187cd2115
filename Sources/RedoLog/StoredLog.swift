/// A complete log at the end of a file: every part is in bounds and has its checksum.
struct StoredLog {
    /// New bytes for one place of the file.
    struct Entry: Equatable {
        var start: UInt64
        var count: UInt64
        /// Where the bytes are in the file.
        var source: UInt64
    }

    let header: LogHeader
    let entries: [Entry]

    /// Nil when the log behind `trailer` did not reach the disk as a whole.
    init?(_ storage: any Storage, _ trailer: LogTrailer) throws(RedoLogError) {
        let end = trailer.logStart + trailer.logLength - UInt64(LogTrailer.length)
        guard try storage.checksum(of: trailer.logStart..<end) == trailer.contentChecksum,
            trailer.appendedStart <= trailer.appendedEnd, trailer.appendedEnd <= trailer.logStart
        else { return nil }
        if trailer.appendedStart < trailer.appendedEnd {
            let appended = trailer.appendedStart..<trailer.appendedEnd
            guard try storage.checksum(of: appended) == trailer.appendedChecksum else { return nil }
        }
        let headerStart = trailer.logStart + UInt64(LogFormat.notice.count)
        let bytes = try storage.bytes(at: headerStart, count: LogFormat.headerLength)
        guard let header = LogHeader(decoding: bytes), header.oldLength <= trailer.logStart,
            header.newLength <= trailer.logStart, header.veilPlace < trailer.logStart,
            let entries = try Self.entries(
                storage, header, from: headerStart + UInt64(LogFormat.headerLength), to: end, below: trailer.logStart)
        else { return nil }
        self.header = header
        self.entries = entries
    }

    /// The index, nil when it contradicts itself.
    private static func entries(
        _ storage: any Storage, _ header: LogHeader, from start: UInt64, to end: UInt64, below limit: UInt64
    ) throws(RedoLogError) -> [Entry]? {
        guard header.extentCount <= (end - start) / 16 else { return nil }
        let index = try storage.bytes(at: start, count: Int(header.extentCount) * 16)
        guard index.count == Int(header.extentCount) * 16 else { return nil }
        var entries: [Entry] = []
        entries.reserveCapacity(Int(header.extentCount))
        var source = start + UInt64(index.count)
        var last: UInt64 = 0
        for at in stride(from: 0, to: index.count, by: 16) {
            let entry = Entry(
                start: index.littleEndian(at: at, width: 8), count: index.littleEndian(at: at + 8, width: 8),
                source: source)
            guard entry.start >= last, entry.start < limit, entry.count > 0, entry.count <= limit - entry.start,
                entry.count <= end - source
            else { return nil }
            entries.append(entry)
            source += entry.count
            last = entry.start + entry.count
        }
        return source == end ? entries : nil
    }
}
