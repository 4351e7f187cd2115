import FileLock

/// Files on which workers keep dying: after a few deaths they are refused for a while, so that they cannot starve the
/// others. A file that was changed starts anew.
struct Quarantine {
    private struct Record {
        var stamp: FileStamp
        var deaths = 0
        var first: ContinuousClock.Instant
        var until: ContinuousClock.Instant?
    }

    let limit: Int
    let time: Duration
    private var records: [FileIdentity: Record] = [:]

    init(limit: Int, time: Duration) {
        self.limit = limit
        self.time = time
    }

    /// Notes that a worker died or hung on a file. Returns true when that puts it into quarantine.
    mutating func noteDeath(_ stamp: FileStamp, at now: ContinuousClock.Instant = .now) -> Bool {
        records = records.filter { ($0.value.until ?? $0.value.first + time) > now }
        var record = records[stamp.identity] ?? Record(stamp: stamp, first: now)
        if record.stamp != stamp { record = Record(stamp: stamp, first: now) }
        record.deaths += 1
        if record.deaths >= limit { record.until = now + time }
        records[stamp.identity] = record
        return record.deaths == limit
    }

    /// How long a file is still refused; nil where it is not.
    func remaining(_ stamp: FileStamp, at now: ContinuousClock.Instant = .now) -> Duration? {
        guard let record = records[stamp.identity], record.stamp == stamp, let until = record.until, until > now
        else { return nil }
        return until - now
    }
}
