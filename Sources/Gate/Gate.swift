import CProcess
import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
public import Logging
import Routes

/// A server: the only process that listens, that knows names and that locks. It never calls libhdf5.
///
/// Everything runs on the thread that calls `run`.
public final class Gate {
    let settings: Settings
    let log: Logger
    let loop: EventLoop
    let root: ServedRoot
    let state: StateDirectory
    let locks: FileLocks
    let leases: Leases
    let pool: WorkerPool
    let events: Events
    let router = Router(routes: NativeRoutes.table)
    let cors: CrossOrigin
    let partialUploads: PartialUploads
    let repackJobs: RepackJobs
    let transactions: OpenTransactions
    /// Recoveries that run, and for each file what waits for its recovery.
    var recoveries: [ObjectIdentifier: RecoveryJob] = [:]
    var recovering: [FilePath: [() -> Void]] = [:]
    var quarantine: Quarantine
    var commits = CommitTimes()
    /// Every request that has begun and has not ended.
    var exchanges: [ObjectIdentifier: Exchange] = [:]
    /// Bytes of answers that are in memory.
    var answerBytes = 0
    private(set) lazy var server = HTTPServer(gate: self)
    private(set) var isStopping = false
    private var signals: SignalReader?
    private let idPrefix: String
    private var lastID = 0

    /// Opens the served directory and the state directory.
    /// - Throws: `GateError`, in words for the operator.
    public init(_ settings: Settings, log: Logger) throws {
        self.settings = settings
        self.log = log
        loop = try EventLoop()
        root = try ServedRoot(settings.root)
        state = try StateDirectory(settings.stateDirectory)
        transactions = try state.openTransactions()
        locks = FileLocks(loop: loop, root: root, mostWaiters: settings.waitersPerFile)
        let limits = Leases.Limits(
            most: settings.leases, mostPerClient: settings.leasesPerClient, longest: settings.maximumTTL)
        leases = Leases(loop: loop, locks: locks, limits: limits, ownName: root.ownName(of:)) {
            [root] path throws(ServiceError) in
            try NewFile(try root.place(path), settings.rights)
        }
        events = Events(loop: loop, root: root, locks: locks, settings: settings, log: log)
        leases.changed = { [events] lease, isTaken in
            events.lockChanged(lease.path, mode: lease.mode, isTaken: isTaken, fence: lease.fence)
        }
        pool = WorkerPool(loop: loop, settings: settings, log: log)
        repackJobs = RepackJobs(loop: loop)
        partialUploads = PartialUploads(loop: loop, lifetime: settings.partialUploadLifetime)
        quarantine = Quarantine(limit: settings.crashesBeforeQuarantine, time: settings.quarantine)
        cors = CrossOrigin(origins: settings.corsOrigins)
        idPrefix = String(UInt32.random(in: 0...UInt32.max), radix: 16)
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Parameter ready: Called with the address once requests are answered.
    /// - Throws: `GateError`, in words for the operator.
    public func run(ready: (_ address: String) -> Void) throws {
        signal(SIGPIPE, SIG_IGN)
        // A write beyond a limit is an error, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        lh5_keep_memory()
        raiseDescriptorLimit()
        let signals = try SignalReader([SIGTERM, SIGINT])
        self.signals = signals
        _ = try loop.watch(signals.descriptor, Readiness.readable) { [weak self] _ in self?.stopSignal() }
        let listener = try Listener(host: settings.host, port: settings.port)
        try pool.start()
        recoverOpenTransactions()
        try server.start(listening: listener.socket)
        ready(listener.address)
        loop.run { self.server.run() }
        pool.stop()
        server.stop()
    }

    func nextRequestID() -> String {
        lastID += 1
        return "\(idPrefix)-\(lastID)"
    }

    /// The first signal lets running requests end, the second does not wait for them.
    private func stopSignal() {
        signals?.read()
        if isStopping { return abortAll() }
        isStopping = true
        log.notice("stopping; \(exchanges.count) requests are running")
        server.quiesce()
        events.stop()
        leases.stop()
        loop.after(settings.stopGrace) { [weak self] in self?.abortAll() }
        exchangeEnded()
    }

    private func abortAll() {
        for exchange in exchanges.values { exchange.abort("the server stops") }
        // Aborted connections are closed in the server's next runs.
        loop.after(.milliseconds(200)) { [weak self] in self?.loop.stop() }
    }

    func exchangeEnded() {
        if isStopping && exchanges.isEmpty { loop.stop() }
    }

    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

extension Exchange {
    /// The whole time that the client is willing to wait; nil where it says nothing.
    private var preferredWait: Duration? {
        Prefer.waitSeconds(fields[.prefer]).map { min(.seconds($0), gate.settings.maximumWait) }
    }

    /// What is left of the time to wait for the lock.
    var remainingWait: Duration {
        let wait = preferredWait ?? min(gate.settings.lockWait, gate.settings.maximumWait)
        return max(wait - (.now - received), .zero)
    }

    /// - Throws: `unavailable` where no worker was free for as long as the client waits, a second at the least.
    func checkPatience() throws(ServiceError) {
        let patience = max(preferredWait ?? gate.settings.requestTimeout, .seconds(1))
        let passed = ContinuousClock.Instant.now - received
        if passed > patience {
            throw ServiceError(.unavailable, "no worker was free for \(passed.components.seconds) s; try again")
        }
    }
}

extension Response {
    /// 304: the client has what there is.
    static func unchanged(_ tag: EntityTag, _ stamp: FileStamp?) -> Response {
        var fields: HTTPFields = [.eTag: tag.field, .vary: "Accept, Accept-Encoding"]
        fields[.lastModified] = stamp.flatMap { ModificationDate($0).field }
        return Response(head: ResponseHead(status: 304, fields: fields), body: .bytes([]))
    }

    static func json(_ text: String) -> Response {
        let head = ResponseHead(status: 200, fields: [.contentType: "application/json"])
        return Response(head: head, body: .bytes(Array(text.utf8)))
    }
}
