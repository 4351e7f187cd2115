import CProcess
import Glibc
import H5Model
import Logging
import WorkerMessage

/// Work for a worker, submitted to the pool.
protocol WorkerJob: AnyObject {
    /// A worker is free: the message for it, and the descriptors that go with it (they stay the job's).
    ///
    /// Nil where the job does not need the worker now; it may be submitted again.
    func prepare() -> WorkerTask?
    /// The job waits for a worker still: it gives up where it has waited too long.
    func waits()
    /// The task's change is complete but for its commit.
    /// - Parameter takesMore: Whether other small changes of the same file can be made with it.
    func ready(takesMore: Bool) -> CommitDecision
    /// The worker asks for another file, and waits for the answer.
    func asks(_ question: FileQuestion, _ answer: @escaping OtherFiles.Answer)
    /// What became of the task. The worker has closed the file, or has ended.
    func finish(_ outcome: WorkerOutcome)
}

extension WorkerJob {
    func ready(takesMore: Bool) -> CommitDecision { .refuse }

    func asks(_ question: FileQuestion, _ answer: @escaping OtherFiles.Answer) {
        answer(.refused(ServiceError(.unsupported, "no other file takes part in this")), nil)
    }
}

enum CommitDecision {
    /// The worker is killed, and nothing is changed.
    case refuse
    /// From now on the worker is not killed but for lack of progress.
    case commit
    /// Another job's task comes first, and is committed with this one; it has no descriptors.
    case add(any WorkerJob, WorkerTask)
}

struct WorkerTask {
    var message: [UInt8]
    var descriptors: [Int32]
}

enum WorkerOutcome {
    /// A reply, and the body's file in memory where there is one (the job's from now on).
    case reply(ReceivedReply, memoryFile: Int32?)
    /// The worker ended before it answered.
    case died
    /// The worker has ended for no fault of the file's.
    case lost
    /// The worker was killed: it had not answered in time, or its answer was not wanted any more.
    case killed
}

extension WorkerOutcome {
    /// Whether there is no reply.
    var isEnd: Bool { if case .reply = self { false } else { true } }
}

/// The worker processes and the jobs that wait for one, first come, first served.
final class WorkerPool {
    private final class Worker {
        let pid: pid_t
        let generation: Int
        let socket: Int32
        let process: Int32
        var watches: [EventLoop.WatchID] = []
        var job: (any WorkerJob)?
        /// Whose tasks are committed with the job's; their replies come after its.
        var followers: [any WorkerJob] = []
        var deadline = ContinuousClock.Instant.now
        var isKilled = false
        var isCommitting = false
        var requests = 0
        /// What is reported once the process has ended.
        var lastOutcome: WorkerOutcome?

        init(_ new: NewWorker) {
            (pid, generation, socket, process) = (new.pid, new.generation, new.socket, new.process)
        }

        deinit {
            close(socket)
            close(process)
        }
    }

    private let loop: EventLoop
    private let settings: Settings
    private let log: Logger
    private let zygote: Zygote
    private var workers: [ObjectIdentifier: Worker] = [:]
    private var idle: [Worker] = []
    private var waiting = JobQueue()
    /// Jobs that have waited already, for a lock; they go first.
    private var urgent = JobQueue()
    private var isUrgentsTurn = false
    private var isTicking = false
    /// Workers in a row that ended before they had done anything.
    private var stillbirths = 0
    private var isDispatching = false
    private var isStopped = false
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    init(loop: EventLoop, settings: Settings, log: Logger) {
        self.loop = loop
        self.settings = settings
        self.log = log
        zygote = Zygote(loop: loop, command: settings.zygoteCommand, log: log)
        zygote.deliver = { [weak self] in self?.add($0) }
    }

    var waitingCount: Int { waiting.count + urgent.count }

    func start() throws(GateError) {
        try zygote.start()
        for _ in 0..<settings.workers { zygote.requestWorker() }
    }

    func stop() {
        isStopped = true
        zygote.stop()
        for worker in workers.values { worker.watches.forEach(loop.unwatch) }
        workers = [:]
        idle = []
    }

    /// Gives `job` the next free worker; `atFront` where it has waited already.
    func submit(_ job: any WorkerJob, atFront: Bool = false) {
        if atFront { urgent.append(job) } else { waiting.append(job) }
        dispatch()
        if waitingCount > 0 { tick() }
    }

    /// Kills the worker that runs `job`, if one does and is not committing; `finish` is called when it has ended.
    /// - Returns: false where none does.
    func kill(_ job: any WorkerJob) -> Bool {
        guard let worker = workers.values.first(where: { $0.job === job }) else { return false }
        if !worker.isCommitting { kill(worker) }
        return true
    }

    private func kill(_ worker: Worker) {
        worker.isKilled = true
        _ = lh5_signal_process(worker.process, SIGKILL)
    }

    private func add(_ new: NewWorker) {
        let worker = Worker(new)
        if isStopped { return }
        do throws(GateError) {
            worker.watches.append(
                try loop.watch(worker.socket, Readiness.readable) { [weak self, unowned worker] _ in
                    self?.receive(from: worker)
                })
            worker.watches.append(
                try loop.watch(worker.process, Readiness.readable) { [weak self, unowned worker] _ in
                    self?.ended(worker)
                })
        } catch {
            log.error("a worker cannot be watched: \(error)")
            worker.watches.forEach(loop.unwatch)
            return zygote.requestWorker()
        }
        workers[ObjectIdentifier(worker)] = worker
        idle.append(worker)
        dispatch()
    }

    /// Hands waiting jobs to free workers. Jobs that are submitted meanwhile are seen by the same loop.
    private func dispatch() {
        if isDispatching { return }
        isDispatching = true
        defer { isDispatching = false }
        while let worker = idle.popLast() {
            guard let (job, task) = nextTask() else { return idle.append(worker) }
            worker.job = job
            worker.deadline = .now + settings.requestTimeout
            worker.isCommitting = false
            worker.requests += 1
            let sent = lh5_send(
                worker.socket, task.message, task.message.count, task.descriptors, Int32(task.descriptors.count),
                Int32(MSG_DONTWAIT))
            if sent < 0 {
                // A worker that does not take a message is ending, or broken: the job is the next one's.
                worker.job = nil
                kill(worker)
                urgent.append(job)
                continue
            }
            tick()
        }
    }

    private func nextTask() -> (any WorkerJob, WorkerTask)? {
        while let job = nextJob() {
            if let task = job.prepare() { return (job, task) }
        }
        return nil
    }

    /// Jobs that waited already and new ones in turn, so that neither kind starves the other.
    private func nextJob() -> (any WorkerJob)? {
        isUrgentsTurn.toggle()
        return isUrgentsTurn
            ? urgent.popFirst() ?? waiting.popFirst() : waiting.popFirst() ?? urgent.popFirst()
    }

    private func receive(from worker: Worker) {
        var memoryFile: Int32 = -1
        var count: Int32 = 1
        let size = buffer.withUnsafeMutableBytes {
            lh5_receive(worker.socket, $0.baseAddress, $0.count, &memoryFile, &count, Int32(MSG_DONTWAIT))
        }
        if size < 0 && errno == EMSGSIZE {
            // There was no room for the reply's descriptor.
            worker.lastOutcome = .lost
            return kill(worker)
        }
        if size <= 0 {
            // The end of the process, which its descriptor tells, is what counts.
            if size == 0, let watch = worker.watches.first { loop.unwatch(watch) }
            return
        }
        let notice = buffer.withUnsafeBytes { WorkerNotice(decoding: UnsafeRawBufferPointer(rebasing: $0[..<size])) }
        if let notice { return take(notice, from: worker) }
        let question = buffer.withUnsafeBytes { FileQuestion(decoding: UnsafeRawBufferPointer(rebasing: $0[..<size])) }
        if let question { return take(question, from: worker) }
        let received = buffer.withUnsafeBytes { bytes in
            try? ReceivedReply(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<size]))
        }
        guard let received, worker.job != nil else {
            if count > 0 { close(memoryFile) }
            worker.lastOutcome = .died
            return kill(worker)
        }
        let outcome = WorkerOutcome.reply(received, memoryFile: count > 0 ? memoryFile : nil)
        if let job = worker.job, !worker.followers.isEmpty {
            worker.job = worker.followers.removeFirst()
            return job.finish(outcome)
        }
        if received.reply.isLast || worker.isKilled || worker.requests >= settings.requestsPerWorker {
            worker.lastOutcome = outcome
            return kill(worker)
        }
        let job = worker.job
        worker.job = nil
        idle.append(worker)
        job?.finish(outcome)
        dispatch()
    }

    private func take(_ question: FileQuestion, from worker: Worker) {
        guard let job = worker.job, !worker.isKilled else { return }
        job.asks(question) { [weak worker] reply, descriptor in
            guard let worker, worker.job === job, !worker.isKilled else { return }
            let message = reply.encoded()
            let descriptors = descriptor.map { [$0] } ?? []
            // As below.
            _ = lh5_send(
                worker.socket, message, message.count, descriptors, Int32(descriptors.count), Int32(MSG_DONTWAIT))
        }
    }

    private func take(_ notice: WorkerNotice, from worker: Worker) {
        guard let job = worker.job, !worker.isKilled else { return }
        worker.deadline = .now + (worker.isCommitting ? settings.commitTimeout : settings.requestTimeout)
        if notice == .progress { return }
        var answer = WorkerNotice.commit
        switch job.ready(takesMore: notice == .readyForMore) {
        case .refuse:
            return kill(worker)
        case .commit:
            worker.isCommitting = true
            worker.deadline = .now + settings.commitTimeout
        case .add(let follower, let task):
            worker.followers.append(follower)
            answer = task.message
        }
        // A worker that does not take it ends, or is killed when its time is over.
        _ = lh5_send(worker.socket, answer, answer.count, nil, 0, Int32(MSG_DONTWAIT))
    }

    private func ended(_ worker: Worker) {
        worker.watches.forEach(loop.unwatch)
        workers[ObjectIdentifier(worker)] = nil
        idle.removeAll { $0 === worker }
        replace(worker)
        let outcome =
            worker.lastOutcome ?? (worker.isKilled ? .killed : zygote.isAlive(worker.generation) ? .died : .lost)
        if case .died = outcome { log.warning("worker \(worker.pid) has died and is replaced") }
        worker.job?.finish(outcome)
        for follower in worker.followers { follower.finish(outcome) }
    }

    /// Asks for a new worker; where workers end before they have done anything, after a growing pause.
    private func replace(_ worker: Worker) {
        if isStopped { return }
        if worker.requests > 0 || worker.isKilled {
            stillbirths = 0
            return zygote.requestWorker()
        }
        stillbirths += 1
        loop.after(.milliseconds(min(50 << min(stillbirths, 7), 5000))) { [weak self] in
            guard let self, !self.isStopped else { return }
            self.zygote.requestWorker()
        }
    }

    /// Looks after deadlines while any worker is busy.
    private func tick() {
        if isTicking { return }
        isTicking = true
        loop.after(.milliseconds(50)) { [weak self] in
            guard let self else { return }
            self.isTicking = false
            let now = ContinuousClock.Instant.now
            let busy = self.workers.values.filter { $0.job != nil }
            for worker in busy where worker.deadline < now && !worker.isKilled { self.kill(worker) }
            for job in self.waiting.all + self.urgent.all { job.waits() }
            if !busy.isEmpty || self.waitingCount > 0 { self.tick() }
        }
    }
}
