import FileLock
import Glibc
import H5Model

/// Who is told what a watcher finds.
protocol TreeWatcherDelegate: AnyObject {
    /// A number from which on everything is told.
    func mark() -> Int
    func tell(_ kind: Event.Kind, _ path: FilePath, _ sighting: Sighting)
    /// Some of what has happened cannot be told.
    func tellLoss()
    /// Whether a request of ours has the file's exclusive lock, so that what it does is not to be told yet.
    func isBusy(_ file: FileIdentity) -> Bool
    /// What is in a place cannot be watched any more.
    func tellEnd(of path: FilePath, _ reason: ServiceError)
}

/// Notices what happens to files and directories beneath the root: it remembers how each was, is told where to look by
/// the system or looks itself again and again, and tells the differences.
///
/// It looks in short pieces on the event loop's thread.
final class TreeWatcher {
    struct Limits {
        var directories: Int
        var files: Int
        /// For so long what nobody listens to any more is still watched.
        var linger: Duration
        /// The time between two looks where the system tells nothing.
        var pollInterval: Duration
        /// Look again and again everywhere.
        var pollsEverywhere: Bool
    }

    let loop: EventLoop
    let root: ServedRoot
    let limits: Limits
    weak var delegate: (any TreeWatcherDelegate)?
    var roots = WatchedRoots()
    /// The served directory.
    var top: KnownDirectory?
    var directoryCount = 0
    var fileCount = 0
    var tasks = WatcherTasks()
    var pending = PendingLooks()
    private var watches: [Int32: KnownDirectory] = [:]
    private var inotify: Inotify?
    private var inotifyWatch: EventLoop.WatchID?
    private var isRunning = false
    private var pendingTimer: TimerID?
    private var pollTimer: TimerID?

    /// The time after which other events have their turn.
    private static let slice = Duration.milliseconds(5)

    init(loop: EventLoop, root: ServedRoot, limits: Limits) {
        self.loop = loop
        self.root = root
        self.limits = limits
    }

    var isIdle: Bool { roots.isEmpty }

    // MARK: What is watched

    /// Watches a place; `completion` gets the number since which it has been watched, at once or when everything in it
    /// is known. `leave` follows.
    func watch(_ path: FilePath, _ completion: @escaping WatchedRoot.Completion) -> WatchedRoot {
        if let root = roots[path] {
            root.users += 1
            if let timer = root.timer { loop.cancel(timer) }
            root.timer = nil
            if let mark = root.mark { completion(.success(mark)) } else { root.waiting.append(completion) }
            return root
        }
        let new = WatchedRoot(path)
        new.users = 1
        new.mark = roots.covering(path).compactMap(\.mark).min()
        roots.insert(new)
        if let mark = new.mark {
            completion(.success(mark))
        } else {
            new.waiting.append(completion)
            lookThrough(new)
        }
        return new
    }

    /// One that listened there has left.
    func leave(_ place: WatchedRoot) {
        place.users -= 1
        guard place.users == 0, roots[place.path] === place else { return }
        place.timer = loop.after(limits.linger) { [weak self, weak place] in
            guard let self, let place else { return }
            self.giveUp([place], Self.unwanted)
        }
    }

    static let unwanted = ServiceError(.unavailable, "nobody listens any more")

    /// Watches places no more.
    func giveUp(_ places: [WatchedRoot], _ reason: ServiceError) {
        var waiting: [WatchedRoot.Completion] = []
        for place in places {
            if let timer = place.timer { loop.cancel(timer) }
            roots.remove(place)
            waiting += place.waiting
            place.waiting = []
        }
        prune()
        waiting.forEach { $0(.failure(reason)) }
    }

    private func lookThrough(_ place: WatchedRoot) {
        let scan = Scan(place.path, isQuiet: true, descends: true) { [weak self] failure in
            guard let self else { return }
            if let failure { return self.giveUp([place], failure) }
            let mark = self.delegate?.mark() ?? 0
            place.mark = mark
            let waiting = place.waiting
            place.waiting = []
            waiting.forEach { $0(.success(mark)) }
        }
        if top == nil { begin() }
        if let top { add(top, scan) }
    }

    private func begin() {
        guard let identity = try? FileIdentity(descriptor: root.descriptor) else { return }
        top = KnownDirectory([], identity)
        directoryCount = 1
        guard !limits.pollsEverywhere, let inotify = try? Inotify() else { return }
        self.inotify = inotify
        inotifyWatch = try? loop.watch(inotify.descriptor, Readiness.readable) { [weak self] _ in self?.takeNotices() }
    }

    /// Ends what nobody wants any more.
    private func prune() {
        if !roots.isEmpty {
            if let top { prune(top) }
            return
        }
        if let inotifyWatch { loop.unwatch(inotifyWatch) }
        for timer in [pendingTimer, pollTimer].compactMap(\.self) { loop.cancel(timer) }
        (inotify, inotifyWatch, pendingTimer, pollTimer, top) = (nil, nil, nil, nil, nil)
        watches = [:]
        tasks.removeAll()
        pending.removeAll()
        (directoryCount, fileCount) = (0, 0)
    }

    private func prune(_ directory: KnownDirectory) {
        guard let wanted = roots.names(in: directory.path) else { return }
        directory.isComplete = false
        for name in directory.entries.keys where !wanted.contains(name) { drop(name, in: directory) }
        directory.children.values.forEach(prune)
    }

    /// Forgets a name without telling it.
    private func drop(_ name: [UInt8], in directory: KnownDirectory) {
        if case .file = directory.entries.removeValue(forKey: name) { fileCount -= 1 }
        guard let child = directory.children.removeValue(forKey: name) else { return }
        for name in child.entries.keys { drop(name, in: child) }
        end(child)
    }

    /// A directory is not watched any more.
    func end(_ directory: KnownDirectory) {
        directory.isForgotten = true
        directoryCount -= 1
        guard let watch = directory.watch else { return }
        directory.watch = nil
        // The same directory may have got another name, and a new watch that has the old one's number.
        guard watches[watch] === directory else { return }
        watches[watch] = nil
        inotify?.unwatch(watch)
    }

    // MARK: What the system tells

    /// Has the system tell of an open directory, as far as it does.
    func beginWatch(of directory: KnownDirectory, _ descriptor: Int32) {
        guard directory.watch == nil else { return }
        directory.watch = inotify?.watch(directory: descriptor)
        if let watch = directory.watch { watches[watch] = directory }
        directory.isPolled = directory.watch == nil || !FileSystems.isLocal(descriptor)
        if directory.isPolled { startPolling() }
    }

    private func takeNotices() {
        for notice in inotify?.read() ?? [] { take(notice) }
    }

    private func take(_ notice: Inotify.Notice) {
        if notice.isOverflow {
            delegate?.tellLoss()
            return look(in: allDirectories)
        }
        guard let directory = watches[notice.watch] else { return }
        if notice.isEnd {
            watches[notice.watch] = nil
            if directory.watch == notice.watch { directory.watch = nil }
            return
        }
        let path = directory.path + [notice.name]
        guard let first = notice.name.first, first != UInt8(ascii: "."), directory.isComplete || roots.concern(path)
        else { return }
        if notice.isOfDirectory {
            if notice.isCreation || notice.isRemoval || notice.isMove { look(at: path) }
        } else if notice.isMove || notice.isRemoval {
            // What has taken a removed name may still be written.
            look(at: path, isSettled: notice.isMove)
        } else {
            note(path)
        }
    }

    var allDirectories: [KnownDirectory] {
        var found = [top].compactMap(\.self)
        var place = 0
        while place < found.count {
            found += found[place].children.values
            place += 1
        }
        return found
    }

    // MARK: Polling

    private func startPolling() {
        guard pollTimer == nil else { return }
        pollTimer = loop.after(limits.pollInterval) { [weak self] in self?.poll() }
    }

    private func poll() {
        let polled = allDirectories.filter(\.isPolled)
        if polled.isEmpty {
            pollTimer = nil
            return
        }
        look(in: polled) { [weak self] in
            self?.pollTimer = nil
            self?.startPolling()
        }
    }

    /// Looks for differences in directories that are known.
    private func look(in directories: [KnownDirectory], _ completion: @escaping () -> Void = {}) {
        let scan = Scan([]) { _ in completion() }
        directories.forEach { add($0, scan) }
    }

    // MARK: Work in short pieces

    /// Looks at a name soon.
    func look(at path: FilePath, isSettled: Bool = true) {
        guard !isIdle else { return }
        tasks.add(.look(path, isSettled: isSettled))
        run()
    }

    /// Looks at a name when it has been quiet for a while.
    func note(_ path: FilePath) {
        pending.note(path, at: loop.now)
        waitForPending()
    }

    func add(_ directory: KnownDirectory, _ scan: Scan) {
        scan.remaining += 1
        tasks.add(.list(directory, scan))
        run()
    }

    private func waitForPending() {
        guard pendingTimer == nil, let next = pending.next else { return }
        pendingTimer = loop.after(max(next - loop.now, .zero)) { [weak self] in
            guard let self else { return }
            self.pendingTimer = nil
            for path in self.pending.takeDue(at: self.loop.now) { self.look(at: path) }
            self.waitForPending()
        }
    }

    /// Does what is to do, in the loop's next rounds.
    private func run() {
        guard !isRunning else { return }
        isRunning = true
        loop.after(.zero) { [weak self] in
            guard let self else { return }
            let end = ContinuousClock.Instant.now + Self.slice
            while ContinuousClock.Instant.now < end {
                guard let task = self.tasks.next() else {
                    self.isRunning = false
                    return
                }
                self.perform(task)
            }
            self.isRunning = false
            self.run()
        }
    }
}
