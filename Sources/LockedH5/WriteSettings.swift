internal import FileLock
internal import RedoLog

/// How a write is kept until its commit, and what the commit withstands.
public struct WriteSettings {
    /// What a commit has withstood when a write returns.
    public enum Durability: String, Sendable, CaseIterable {
        /// A power cut: each step of a commit is on the disk before the next one begins.
        case power
        /// The end of the process, however sudden. Nothing is waited for, and a power cut may leave anything.
        case process
    }

    public var durability: Durability
    /// So many bytes past the old end of the file are kept back; when there are more they go to the file at once.
    public var appendBuffer: Int
    /// So many changed bytes below the old end are kept in memory; when there are more they go to the spill file.
    public var overlayMemory: Int
    /// Called once when the changes outgrow their memory: an unnamed, empty file, open for reading and writing, that stays
    /// the caller's and outlives the write. Where there is none, a write by descriptor keeps all in memory, and a write
    /// by name makes one beside the file.
    public var spillFile: (() -> Int32?)?
    /// Called now and then while much is written, for whoever watches that it goes on.
    public var progress: (() -> Void)?
    /// Asked before the first values are written outside the log (`WritableDataset.writeThrough`); with false they are
    /// not.
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

    var transaction: TransactionSettings {
        TransactionSettings(
            durability: durability == .power ? .power : .process, appendBuffer: appendBuffer,
            overlayMemory: overlayMemory, spillFile: spillFile, progress: progress,
            mayWriteThrough: mayWriteThrough)
    }
}

/// A file without a name beside another one, made when it is needed.
final class SpillFile {
    private let path: String
    private var made: [Box] = []

    init(beside path: String) {
        self.path = path
    }

    /// Nil where it cannot be made.
    func descriptor() -> Int32? {
        if made.isEmpty, let file = try? NewFile(path) { made = [Box(file)] }
        return made.first?.file.descriptor
    }

    private final class Box {
        let file: NewFile

        init(_ file: consuming NewFile) {
            self.file = file
        }
    }
}
