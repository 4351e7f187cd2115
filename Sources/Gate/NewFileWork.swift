import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import WorkerMessage

/// A request that makes an HDF5 file where there is none: it gets its name when a worker has made it complete.
final class NewFileWork: RequestJob {
    let exchange: Exchange
    private let gate: Gate
    private let file: NewFile
    private let request: WorkerRequest
    private let body: Upload?
    private let media: WorkerRequest.Content.Media?
    /// The work to go on with where the name has been taken meanwhile.
    private let elsewise: (Upload?) throws(ServiceError) -> any RequestWork
    private(set) var isEnded = false
    /// The turn under the lease that has reserved the name; nil without one.
    private var turn: LockClaim?

    init(
        exchange: Exchange, file: NewFile, request: WorkerRequest, media: WorkerRequest.Content.Media?, body: Upload?,
        elsewise: @escaping (Upload?) throws(ServiceError) -> any RequestWork
    ) {
        self.exchange = exchange
        gate = exchange.gate
        self.file = file
        self.request = request
        self.media = media
        self.body = body ?? media.map { exchange.gate.upload(of: $0) }
        self.elsewise = elsewise
    }

    var upload: Upload? { body }

    func start() {
        let holder = gate.leases.reservation(of: file.place.path)
        guard let holder, holder.token != exchange.fields[.lockToken] else { return gate.pool.submit(self) }
        do throws(ServiceError) {
            let turn = try gate.leases.claim(behind: holder, wait: exchange.remainingWait) { [weak self] result in
                self?.proceed(result)
            }
            self.turn = turn
            if turn.isHeld { proceed(.success(())) }
        } catch {
            fail(error)
        }
    }

    /// The lease that had reserved the name has ended: its file is there, or nothing is.
    private func proceed(_ result: Result<Void, ServiceError>) {
        if isEnded { return }
        endTurn()
        do throws(ServiceError) {
            if case .failure(let error) = result, error.code != .notFound { throw error }
            try goOnElsewise()
        } catch {
            fail(error)
        }
    }

    private func goOnElsewise() throws(ServiceError) {
        isEnded = true
        endTurn()
        exchange.goOn(with: try elsewise(body))
    }

    func cancel() {
        isEnded = true
        if !gate.pool.kill(self) { endTurn() }
    }

    private func endTurn() {
        if let turn { gate.locks.pause(turn) }
        turn = nil
    }

    func prepare() -> WorkerTask? {
        if isEnded { return nil }
        do throws(ServiceError) {
            guard try hasTurn() else { return nil }
            if let lease = turn?.lease, lease.newFile !== file {
                // Another request under the lease has made it.
                try goOnElsewise()
                return nil
            }
            return request.task(file: file.descriptor.number, stamp: nil, media, body)
        } catch {
            fail(error)
            return nil
        }
    }

    /// Whether no other request under the same lease is at work; else the job comes back when none is.
    private func hasTurn() throws(ServiceError) -> Bool {
        if turn != nil { return true }
        guard let lease = try exchange.lease() else { return true }
        let turn = try gate.locks.claim(file.place.path, .exclusive, wait: exchange.remainingWait, lease: lease) {
            [weak self] result in
            guard let self, !self.isEnded else { return }
            switch result {
            case .success: self.gate.pool.submit(self, atFront: true)
            case .failure(let error): self.fail(error)
            }
        }
        turn.leaseEnded = { [weak self] in self?.loseLease() }
        self.turn = turn
        return turn.isHeld
    }

    private func loseLease() {
        if isEnded { return }
        isEnded = true
        exchange.answer(Lease.lost)
        if !gate.pool.kill(self) { endTurn() }
    }

    func ready(takesMore: Bool) -> CommitDecision { isEnded ? .refuse : .commit }

    func finish(_ outcome: WorkerOutcome) {
        if case .reply(_, let memoryFile?) = outcome { close(memoryFile) }
        if isEnded { return endTurn() }
        do throws(ServiceError) {
            try outcome.check("made \(file.place.path.text)")
            let lease = turn?.lease
            try gate.leases.checkFree(file.place.path, for: lease)
            guard try file.publish() else {
                if lease?.newFile === file { throw takenFromLease }
                return try goOnElsewise()
            }
            let stamp = try gate.noteCommit(file.descriptor.number, file.place.path)
            if let lease { gate.leases.published(lease) } else { file.unlock() }
            isEnded = true
            endTurn()
            let entry = FileEntry(path: file.place.path, isDirectory: false, stamp: stamp)
            let response = entry.response(status: 201, tag: gate.tag(of: stamp))
            gate.answer(exchange, response, afterChanging: [file.place])
        } catch {
            fail(error)
        }
    }

    private var takenFromLease: ServiceError {
        ServiceError(.leaseLost, "another program has made \(file.place.path.text) meanwhile: its lease is void")
    }

    func fail(_ error: ServiceError) {
        isEnded = true
        endTurn()
        exchange.answer(error)
    }
}

extension WorkerOutcome {
    /// - Parameter task: What the worker did, after "the worker that".
    /// - Throws: The worker's refusal; `worker_failed`, `timeout`.
    func check(_ task: String) throws(ServiceError) {
        switch self {
        case .reply(let received, _): _ = try received.reply.result.get()
        case .lost: throw ServiceError(.workerFailed, "the worker that \(task) was lost; try again")
        case .died: throw ServiceError(.workerFailed, "the worker that \(task) ended unexpectedly")
        case .killed: throw ServiceError(.timeout, "the worker that \(task) took too long")
        }
    }
}
