/// What a transaction held at one time, to which it can go back.
public struct Savepoint {
    fileprivate let overlay: Overlay
    fileprivate let tail: Overlay
    fileprivate let spill: Spill?
    fileprivate let size: UInt64
    fileprivate let visible: UInt64
    fileprivate let isEmptied: Bool
    fileprivate let isDiscarded: Bool
    fileprivate let differences: [Difference]?
}

extension Transaction {
    /// So much is copied for a savepoint at most.
    private static let savedLimit = 1 << 20

    /// Whether there can be a savepoint: nothing has been written to the file yet, and little is kept.
    public var canBeSaved: Bool {
        !isOver && !wroteDirectly && !hasWrittenThrough && failure == nil
            && overlay.memory + tail.memory <= Self.savedLimit
    }

    /// What the transaction holds now; nil where it could not go back.
    public func savepoint() -> Savepoint? {
        guard canBeSaved else { return nil }
        return Savepoint(
            overlay: overlay.copy(), tail: tail.copy(), spill: spill, size: size, visible: visible,
            isEmptied: isEmptied, isDiscarded: isDiscarded, differences: differences)
    }

    /// Forgets everything that came after a savepoint, a failure too.
    /// - Throws: `system`; then nothing can be committed any more.
    public func restore(_ savepoint: Savepoint) throws(RedoLogError) {
        failure = nil
        if wroteDirectly { cutAppended(to: oldSize) }
        wroteDirectly = false
        (overlay, tail, spill) = (savepoint.overlay, savepoint.tail, savepoint.spill)
        (size, visible) = (savepoint.size, savepoint.visible)
        (isEmptied, isDiscarded, differences) = (savepoint.isEmptied, savepoint.isDiscarded, savepoint.differences)
        if let failure { throw failure }
    }
}
