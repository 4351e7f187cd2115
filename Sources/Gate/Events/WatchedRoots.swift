import H5Model

/// A directory with everything below it, or a file, that somebody listens to or has just listened to.
final class WatchedRoot {
    typealias Completion = (Result<Int, ServiceError>) -> Void

    let path: FilePath
    /// Those who listen.
    var users = 0
    /// The number since which everything in it has been watched; nil while it is looked through for the first time.
    var mark: Int?
    /// Those who wait until it has been looked through.
    var waiting: [Completion] = []
    /// Ends the watch a while after the last one has left.
    var timer: TimerID?

    init(_ path: FilePath) {
        self.path = path
    }
}

/// Which names are to be known.
struct WatchedRoots {
    private var roots: [FilePath: WatchedRoot] = [:]

    var isEmpty: Bool { roots.isEmpty }

    var all: [WatchedRoot] { Array(roots.values) }

    subscript(path: FilePath) -> WatchedRoot? { roots[path] }

    mutating func insert(_ root: WatchedRoot) {
        roots[root.path] = root
    }

    mutating func remove(_ root: WatchedRoot) {
        if roots[root.path] === root { roots[root.path] = nil }
    }

    /// The roots that have `path` in them.
    func covering(_ path: FilePath) -> [WatchedRoot] {
        (0...path.count).compactMap { roots[FilePath(path.prefix($0))] }
    }

    func covers(_ path: FilePath) -> Bool { !covering(path).isEmpty }

    /// Whether a name lies in a root or on the way to one.
    func concern(_ path: FilePath) -> Bool {
        covers(path) || roots.keys.contains { $0.starts(with: path) }
    }

    /// The names that are to be known in a directory on the way to a root; nil for all of them, in a root.
    func names(in directory: FilePath) -> Set<[UInt8]>? {
        if covers(directory) { return nil }
        let below = roots.keys.filter { $0.starts(with: directory) }
        return Set(below.map { $0[directory.count] })
    }
}
