/// What a repair has found in a file, and what of it is still there.
public struct Repair: Equatable, Sendable {
    public var found: [Condition]
    public var left: [Condition]

    public init(found: [Condition], left: [Condition]) {
        self.found = found
        self.left = left
    }

    /// Whether this part of what was found is gone.
    public func isDone(_ condition: Condition) -> Bool {
        !left.contains { $0.code == condition.code }
    }
}

extension RedoLog {
    /// Puts in order what an earlier writer of ours left in a file, whose exclusive lock is held; guesses nothing.
    ///
    /// A repair that is interrupted is done by the next one.
    /// - Parameter clearsFlags: Clears the status flags of a version 3 superblock; somebody has made sure that no
    ///   program has the file open. The content is not looked at: a program that was ended in the middle of a write may
    ///   have left it damaged.
    /// - Throws: `system`; then some of it may be done.
    public static func repair(
        descriptor: Int32, clearsFlags: Bool = false, durability: Durability = .power
    ) throws(RedoLogError) -> Repair {
        try repair(DescriptorStorage(descriptor: descriptor), clearsFlags: clearsFlags, durability)
    }

    static func repair(
        _ storage: any Storage, clearsFlags: Bool, _ durability: Durability
    ) throws(RedoLogError) -> Repair {
        let found = try examine(storage)
        var left = found
        if left.contains(where: { $0.remedy == .recovery }), !left.contains(where: { $0.remedy == .clearingFlags }) {
            _ = try recover(storage, try Finding(storage), durability)
            left = try examine(storage)
            if left.contains(where: { $0.remedy == .recovery }) { try cutTornLog(storage, durability) }
        }
        if clearsFlags, left.contains(where: { $0.remedy == .clearingFlags }) { try clearFlags(storage, durability) }
        return Repair(found: found, left: try examine(storage))
    }

    /// Recovery leaves a log that was not written to its end, because no reader minds it.
    private static func cutTornLog(_ storage: any Storage, _ durability: Durability) throws(RedoLogError) {
        let superblock = try Superblock(storage, size: try storage.status().size)
        try storage.setSize(superblock.endAddress)
        if durability == .power { try storage.synchronize() }
    }

    private static func clearFlags(_ storage: any Storage, _ durability: Durability) throws(RedoLogError) {
        let superblock = try Superblock(storage, size: try storage.status().size)
        guard let flags = try StatusFlags(storage, superblock), flags.isIntact else { return }
        try storage.write(flags.cleared(), at: superblock.offset)
        if durability == .power { try storage.synchronize() }
    }
}
