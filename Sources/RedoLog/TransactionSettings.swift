/// What a commit has withstood when it returns.
public enum Durability: String, Sendable, CaseIterable {
    /// A power cut: every step is on the disk before the next one begins.
    case power
    /// The end of the process, however sudden: nothing is waited for. A power cut may then leave anything.
    case process
}

/// How a transaction keeps what it has written until the commit.
public struct TransactionSettings {
    public var durability: Durability
    /// So many bytes past the old end of the file are kept back; when there are more they go to the file at once.
    /// With 0 they always do, with `Int.max` never.
    public var appendBuffer: Int
    /// So many bytes below the old end are kept in memory; when there are more they go to the spill file.
    public var overlayMemory: Int
    /// Called once when the overlay outgrows its memory: an unnamed, empty file, open for reading and writing, that
    /// stays the caller's and outlives the transaction. Without one the overlay stays in memory.
    public var spillFile: (() -> Int32?)?
    /// Called now and then while much is written, for whoever watches that it goes on.
    public var progress: (() -> Void)?
    /// Asked before values are written to the file outside the log; from a true on the change is being made.
    public var mayWriteThrough: () -> Bool

    public init(
        durability: Durability = .power, appendBuffer: Int = 4 << 20, overlayMemory: Int = 64 << 20,
        spillFile: (() -> Int32?)? = nil, progress: (() -> Void)? = nil,
        mayWriteThrough: @escaping () -> Bool = { true }
    ) {
        self.durability = durability
        self.appendBuffer = appendBuffer
        self.overlayMemory = overlayMemory
        self.spillFile = spillFile
        self.progress = progress
        self.mayWriteThrough = mayWriteThrough
    }
}
