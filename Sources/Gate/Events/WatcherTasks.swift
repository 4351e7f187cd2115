import FileLock
import H5Model

/// A directory as it was last told of.
final class KnownDirectory {
    let path: FilePath
    let identity: FileIdentity
    var entries: [[UInt8]: Sighting] = [:]
    /// Those of the entries that are directories.
    var children: [[UInt8]: KnownDirectory] = [:]
    /// All its names are known: any other is new.
    var isComplete = false
    var watch: Int32?
    /// The system does not tell of every change in it.
    var isPolled = false
    /// It is not there any more.
    var isForgotten = false

    init(_ path: FilePath, _ identity: FileIdentity) {
        self.path = path
        self.identity = identity
    }
}

/// A way through directories, which takes many tasks.
final class Scan {
    /// Where it leads to, and what is below.
    let path: FilePath
    /// What is found for the first time was there before, and is not told.
    let isQuiet: Bool
    /// It goes into directories that are known already.
    let descends: Bool
    /// Directories that are still to be listed.
    var remaining = 0
    var failure: ServiceError?
    private let completion: (ServiceError?) -> Void

    init(
        _ path: FilePath, isQuiet: Bool = false, descends: Bool = false,
        completion: @escaping (ServiceError?) -> Void = { _ in }
    ) {
        self.path = path
        self.isQuiet = isQuiet
        self.descends = descends
        self.completion = completion
    }

    /// Whether it has to go into a directory.
    func leads(through path: FilePath) -> Bool { path.starts(with: self.path) || self.path.starts(with: path) }

    /// One of its directories has been listed.
    func directoryDone() {
        remaining -= 1
        if remaining == 0 { completion(failure) }
    }
}

/// A directory whose names are being looked at.
final class Listing {
    let directory: KnownDirectory
    let scan: Scan
    let descriptor: Descriptor
    /// They are all the names that it has.
    let isWhole: Bool
    let names: [[UInt8]]
    /// How many of them have been looked at.
    var done = 0

    init(_ directory: KnownDirectory, _ scan: Scan, _ descriptor: Descriptor, _ names: [[UInt8]], isWhole: Bool) {
        self.directory = directory
        self.scan = scan
        self.descriptor = descriptor
        self.names = names
        self.isWhole = isWhole
    }
}

/// What a watcher has still to do, in short pieces.
struct WatcherTasks {
    enum Task {
        /// Whether what has become of a name is told at once, or when it has been quiet for a while.
        case look(FilePath, isSettled: Bool)
        case list(KnownDirectory, Scan)
        case go(Listing)
        /// Directories in one another that are gone: everything in them is told, and they too.
        case forget([KnownDirectory])
    }

    /// Before all others, the last one first.
    private var urgent: [Task] = []
    private var others: [Task] = []
    private var taken = 0

    mutating func add(_ task: Task) {
        others.append(task)
    }

    mutating func addFirst(_ task: Task) {
        urgent.append(task)
    }

    mutating func next() -> Task? {
        if let task = urgent.popLast() { return task }
        guard taken < others.count else { return nil }
        defer { taken += 1 }
        if taken > 1024, taken > others.count / 2 {
            others.removeFirst(taken)
            taken = 0
        }
        return others[taken]
    }

    mutating func removeAll() {
        self = WatcherTasks()
    }
}
