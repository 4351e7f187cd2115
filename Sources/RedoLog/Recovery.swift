/// What recovery did to a file.
public enum Recovery: String, Sendable {
    /// There was nothing to do.
    case nothing
    /// A committed change was brought home: the file is as after the transaction.
    case replayed
    /// The veil was taken away: the transaction was not committed, or all of it was home.
    case unveiled
    /// A log without a veil was cut off: the file stays as it was.
    case cut
}

extension RedoLog {
    /// Finishes or undoes what an earlier writer of ours left in a file, whose exclusive lock is held.
    ///
    /// A recovery that is itself interrupted is done by the next one.
    /// - Throws: `unknownVersion`, `system`.
    @discardableResult
    public static func recover(
        descriptor: Int32, durability: Durability = .power
    ) throws(RedoLogError) -> Recovery {
        let storage = DescriptorStorage(descriptor: descriptor)
        return try recover(storage, Finding(storage), durability)
    }

    static func recover(
        _ storage: any Storage, _ finding: Finding, _ durability: Durability
    ) throws(RedoLogError) -> Recovery {
        guard let superblock = finding.superblock else {
            guard let log = try finding.log(storage) else { return .nothing }
            try replay(log, storage, durability)
            return .replayed
        }
        if superblock.isVeiled, let log = try finding.log(storage) {
            try replay(log, storage, durability)
            return .replayed
        }
        if superblock.isVeiled {
            try storage.write([superblock.version], at: superblock.versionPlace)
        } else if finding.trailer == nil || superblock.isOpenElsewhere {
            // Whoever has it open may have written past the end address that the superblock knows.
            return .nothing
        }
        if finding.trailer != nil { try storage.setSize(superblock.endAddress) }
        // Else the next commit's veil could reach the disk before this, over a log that means nothing.
        if durability == .power { try storage.synchronize() }
        return superblock.isVeiled ? .unveiled : .cut
    }

    private static func replay(
        _ log: StoredLog, _ storage: any Storage, _ durability: Durability
    ) throws(RedoLogError) {
        let veil = try log.veil(storage)
        try veil.draw(storage)
        for entry in log.entries {
            try storage.forEachSlab(of: entry.source..<entry.source + entry.count) {
                (bytes, source) throws(RedoLogError) in
                try veil.writeHome(bytes, at: entry.start + (source - entry.source), storage)
            }
        }
        if durability == .power { try storage.synchronize() }
        try veil.lift(storage, durability)
        try storage.setSize(log.header.newLength)
        if durability == .power { try storage.synchronize() }
    }
}

extension StoredLog {
    /// The veil of the log's transaction: its last bytes are the file's own, with the log's over them.
    func veil(_ storage: any Storage) throws(RedoLogError) -> Veil {
        let own = try storage.bytes(at: header.veilPlace, count: Veil.length)
        var last = Veil(place: header.veilPlace, last: own).last
        last += Array(repeating: 0, count: Veil.length - last.count)
        let place = header.veilPlace..<header.veilPlace + UInt64(Veil.length)
        for entry in entries where entry.start < place.upperBound && entry.start + entry.count > place.lowerBound {
            let (from, to) = (max(entry.start, place.lowerBound), min(entry.start + entry.count, place.upperBound))
            let bytes = try storage.bytes(at: entry.source + (from - entry.start), count: Int(to - from))
            last.replaceSubrange(Int(from - place.lowerBound)..<Int(to - place.lowerBound), with: bytes)
        }
        return Veil(place: header.veilPlace, last: last)
    }
}
