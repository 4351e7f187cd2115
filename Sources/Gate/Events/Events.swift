import FileLock
import H5Model
import Logging

/// What happens to files and directories, for those who listen (`GET /v1/events`).
///
/// As long as nobody listens, and for a while after the last one has left, nothing is watched.
final class Events {
    private let loop: EventLoop
    private let root: ServedRoot
    private let locks: FileLocks
    private let log: Logger
    private let limit: Int
    private let watcher: TreeWatcher
    private var feed: EventFeed
    private var streams: [EventFeed.ListenerID: EventStream] = [:]
    /// Requests that wait until what they are to listen to has been looked through.
    private var openings = 0
    private var isStopping = false

    init(loop: EventLoop, root: ServedRoot, locks: FileLocks, settings: Settings, log: Logger) {
        self.loop = loop
        self.root = root
        self.locks = locks
        self.log = log
        limit = settings.eventStreams
        let limits = TreeWatcher.Limits(
            directories: settings.watchedDirectories, files: settings.watchedFiles, linger: settings.watchLinger,
            pollInterval: settings.pollEvents ?? .seconds(5), pollsEverywhere: settings.pollEvents != nil)
        watcher = TreeWatcher(loop: loop, root: root, limits: limits)
        // Microseconds: no two lives of a server have the same.
        feed = EventFeed(epoch: String(WallClock.now / 1000, radix: 36), capacity: settings.recentEvents)
        watcher.delegate = self
    }

    // MARK: Listening

    /// Begins to listen to a place; `completion` gets the stream when everything there is watched.
    /// - Parameter after: The last id that the client has seen.
    /// - Throws: `unavailable` where there are too many streams, `not_found`, `forbidden`.
    func listen(
        to path: FilePath, after: String?, isDirectory: Bool,
        _ completion: @escaping (Result<EventStream, ServiceError>) -> Void
    ) throws(ServiceError) {
        guard streams.count + openings < limit else {
            throw ServiceError(.unavailable, "\(limit) clients listen already; try again")
        }
        // Events are told under the name that a file has without symbolic links.
        let own = try root.ownPath(of: path)
        openings += 1
        var place: WatchedRoot?
        var early: Result<Int, ServiceError>?
        let begin = { [weak self] (result: Result<Int, ServiceError>) in
            guard let self, let place else { return early = result }
            self.openings -= 1
            completion(result.map { mark in self.stream(place, after: after, since: mark, isDirectory: isDirectory) })
        }
        place = watcher.watch(own, begin)
        if let early { begin(early) }
    }

    private func stream(_ place: WatchedRoot, after: String?, since mark: Int, isDirectory: Bool) -> EventStream {
        let (id, start) = feed.listen(to: place.path, after: after, since: mark)
        let position = feed.position(of: id)
        var opening = Array("retry: 1000\nid: \(position)\n\n".utf8)
        if start == .reset {
            let reset = Event(kind: .reset, path: place.path, isDirectory: isDirectory, time: WallClock.now)
            opening = Array("retry: 1000\n".utf8) + reset.text(id: position)
        }
        let stream = EventStream(events: self, place: place, id: id, opening: opening)
        streams[id] = stream
        return stream
    }

    /// The next event for a stream.
    func read(_ id: EventFeed.ListenerID) -> [UInt8]? { feed.read(id) }

    func position(of id: EventFeed.ListenerID) -> EventID { feed.position(of: id) }

    /// A stream has ended.
    func end(_ stream: EventStream) {
        guard streams.removeValue(forKey: stream.id) != nil else { return }
        feed.end(stream.id)
        watcher.leave(stream.place)
    }

    /// Calls `body` once, `interval` from now.
    func after(_ interval: Duration, _ body: @escaping () -> Void) -> TimerID { loop.after(interval, body) }

    func cancel(_ timer: TimerID) { loop.cancel(timer) }

    /// Ends every stream now.
    func stop() {
        isStopping = true
        watcher.giveUp(watcher.roots.all, ServiceError(.unavailable, "the server is stopping"))
        streams.values.forEach { $0.finish() }
        // Clients that do not read do not see the end.
        loop.after(.milliseconds(500)) { [weak self] in
            self?.streams.values.forEach { $0.cut("the server stops") }
        }
    }

    // MARK: What this server does itself

    /// A lease has taken or released a file's lock.
    func lockChanged(_ path: FilePath, mode: LockMode, isTaken: Bool, fence: Int) {
        guard !watcher.isIdle else { return }
        let own = ownPath(path)
        guard watcher.roots.concern(own) else { return }
        publish(
            Event(
                kind: isTaken ? .locked : .unlocked, path: own, details: .lock(mode, fence: fence), time: WallClock.now)
        )
    }

    /// A commit of this server's has left the file so, under its lock still.
    func committed(_ path: FilePath, _ stamp: FileStamp) {
        if !watcher.isIdle { watcher.committed(ownPath(path), stamp) }
    }

    /// A write was refused after it had touched the file, which has its old content again but not its old times; the
    /// file is locked still.
    func undone(_ file: OpenFile) {
        guard !watcher.isIdle, let after = try? FileStamp(descriptor: file.descriptor) else { return }
        watcher.undone(ownPath(file.path), from: file.stamp, to: after)
    }

    /// This server has made, renamed or removed these names.
    func namesChanged(_ paths: [FilePath]) {
        for path in paths where !watcher.isIdle { watcher.look(at: ownPath(path)) }
    }

    /// The path without symbolic links; as it is where nothing is there.
    private func ownPath(_ path: FilePath) -> FilePath {
        (try? root.ownPath(of: path)) ?? root.ownName(of: path)
    }

    private func publish(_ event: Event) {
        if isStopping { return }
        let effect = feed.publish(event)
        for id in effect.ready { streams[id]?.onReady() }
        for id in effect.cut { streams[id]?.cut("the client does not keep up with the events") }
    }
}

extension Events: TreeWatcherDelegate {
    func mark() -> Int { feed.mark() }

    func tell(_ kind: Event.Kind, _ path: FilePath, _ sighting: Sighting) {
        var event = Event(kind: kind, path: path, isDirectory: sighting.isDirectory, time: WallClock.now)
        if case .file(let stamp) = sighting, kind != .removed {
            event.details = .state(size: stamp.size, modified: stamp.modified.nanosecondsSince1970)
        }
        publish(event)
    }

    func tellLoss() {
        log.notice("events were lost: the kernel's queue was full")
        publish(Event(kind: .reset, path: [], isDirectory: true, time: WallClock.now))
    }

    func isBusy(_ file: FileIdentity) -> Bool { locks.isLockedExclusively(file) }

    func tellEnd(of path: FilePath, _ reason: ServiceError) {
        log.warning("\(path.text) is not watched any more: \(reason.message)")
        for id in feed.listeners(around: path) { streams[id]?.cut(reason.message) }
    }
}
