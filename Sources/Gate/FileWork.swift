import FileLock
import Glibc
import H5Model
import Logging
import Routes
import WorkerMessage

/// A request that a worker does with a locked file: what reading and writing have in common.
class FileWork: RequestJob {
    let exchange: Exchange
    let gate: Gate
    let path: FilePath
    let mode: LockMode
    /// How the request has come to this file.
    let trail: LinkTrail
    /// What else it reads.
    private(set) var others: OtherFiles
    private(set) var claim: LockClaim?
    /// The lease under which it runs has ended.
    private var hasLostLease = false
    /// Answered, or not wanted any more.
    private(set) var isEnded = false
    var upload: Upload? { nil }

    init(exchange: Exchange, path: FilePath, mode: LockMode, trail: LinkTrail = LinkTrail()) {
        self.exchange = exchange
        self.trail = trail
        gate = exchange.gate
        others = OtherFiles(gate: exchange.gate, main: path)
        self.path = path
        self.mode = mode
    }

    // MARK: What a kind of work does

    /// The worker's task, under the claim's lock; nil where the request has been answered already.
    func task(_ claim: LockClaim) throws(ServiceError) -> WorkerTask? { nil }

    /// The worker has done it; `memoryFile` is the work's from now on.
    func succeeded(_ answer: WorkerAnswer, memoryFile: Int32?, length: Int?) {}

    /// The worker has refused, or has ended in the middle, while the claim has its lock still.
    /// - Parameters:
    ///   - error: The answer; nil where none is wanted.
    ///   - isUncertain: The worker has not said how far it came.
    func failed(_ error: ServiceError?, isUncertain: Bool) {
        if let error, !isEnded { return fail(error) }
        release()
    }

    /// The same work on the object of another file to which a link of this one leads; nil where it stays in its file.
    func work(on object: ObjectPath, in path: FilePath, _ trail: LinkTrail) -> FileWork? { nil }

    /// The state in which the file was when its links were followed.
    var passedStamp: FileStamp? { claim?.file.stamp }

    /// The worker has found that the file's last commit was interrupted, and has read what recovery will make of it.
    /// - Returns: Whether the request is done again, and not answered so.
    func awaitsRecovery() -> Bool { false }

    func ready(takesMore: Bool) -> CommitDecision { .refuse }

    /// Whether what has been done is told even if nobody waits for the answer.
    var takesLateSuccess: Bool { false }

    /// Whether its worker has been told to commit.
    var isBeyondRecall: Bool { false }

    // MARK: The way of every kind

    func start() {
        gate.pool.submit(self)
    }

    func cancel() {
        isEnded = true
        // A worker that has the file open is killed; the lock is given back when it has ended.
        if gate.pool.kill(self) { return }
        release()
    }

    func release() {
        others.release()
        if let claim { gate.locks.pause(claim) }
        claim = nil
    }

    func asks(_ question: FileQuestion, _ answer: @escaping OtherFiles.Answer) {
        guard let claim else { return answer(.refused(ServiceError(.internal, "\(path.text) is not locked")), nil) }
        others.answer(question, own: claim, answer)
    }

    /// The claim is somebody else's from now on.
    func passOnClaim() {
        claim?.leaseEnded = nil
        claim = nil
    }

    /// The other files are somebody else's from now on; they belong to the claim.
    func passOnOthers() -> OtherFiles {
        defer { others = OtherFiles(gate: gate, main: path) }
        return others
    }

    func fail(_ error: ServiceError) {
        if !isEnded, others.busy != nil, !isBeyondRecall, waitsForBusy() { return }
        isEnded = true
        let stamp = passedStamp
        release()
        guard let link = error.elsewhere, let stamp else { return exchange.answer(trail.telling(error, of: path)) }
        do throws(ServiceError) {
            try follow(link, in: stamp)
        } catch {
            exchange.answer(trail.telling(error, of: path))
        }
    }

    /// Another file was not free: the request gives its locks back, waits for that one, and starts over.
    /// - Returns: Whether it does.
    private func waitsForBusy() -> Bool {
        release()
        do throws(ServiceError) {
            let isLocked = try others.waitForBusy(exchange.remainingWait) { [weak self] result in
                guard let self, !self.isEnded else { return }
                switch result {
                case .success: self.gate.pool.submit(self, atFront: true)
                case .failure(let error): self.fail(error)
                }
            }
            startsOver()
            if isLocked { gate.pool.submit(self, atFront: true) }
        } catch {
            isEnded = true
            exchange.answer(trail.telling(error, of: path))
        }
        return true
    }

    /// What was begun is forgotten.
    func startsOver() {}

    /// Goes on in the file to which a link leads, under the lock of that one.
    private func follow(_ link: Elsewhere, in stamp: FileStamp) throws(ServiceError) {
        var trail = trail
        let target = try trail.follow(link, of: path, in: stamp, gate.root)
        guard let work = work(on: link.path, in: target, trail) else {
            throw ServiceError(.unsupported, "\(link.link) of \(path.text) leads into another file")
        }
        exchange.goOn(with: work)
    }

    func prepare() -> WorkerTask? {
        if isEnded { return nil }
        do throws(ServiceError) {
            guard let claim = claim == nil ? try takeLock() : claim else { return nil }
            try gate.checkQuarantine(claim.file)
            return try task(claim)
        } catch {
            fail(error)
            return nil
        }
    }

    /// The claim if it has its lock at once; else the job comes back when it has.
    ///
    /// With the lock of another file in its hands it does not wait for this one.
    private func takeLock() throws(ServiceError) -> LockClaim? {
        if !others.holdsAny { return try takeLock(wait: exchange.remainingWait) }
        do throws(ServiceError) {
            return try takeLock(wait: .zero)
        } catch {
            guard error.code == .locked else { throw error }
            others.release()
            return try takeLock(wait: exchange.remainingWait)
        }
    }

    private func takeLock(wait: Duration) throws(ServiceError) -> LockClaim? {
        let claim = try gate.locks.claim(
            path, mode, wait: wait, lease: trail.isEmpty ? try exchange.lease() : nil
        ) {
            [weak self] result in
            guard let self, !self.isEnded else { return }
            switch result {
            case .success: self.gate.pool.submit(self, atFront: true)
            case .failure(let error) where error.code == .locked && self.others.holdsAny:
                // It was not to be waited for: now it is, with nothing else in its hands.
                self.others.release()
                self.claim = nil
                self.gate.pool.submit(self, atFront: true)
            case .failure(let error): self.fail(error)
            }
        }
        claim.work = self
        claim.leaseEnded = { [weak self] in self?.loseLease() }
        self.claim = claim
        return claim.isHeld ? claim : nil
    }

    /// The lease has ended: what a worker has begun and was not told to commit is given up.
    private func loseLease() {
        if isBeyondRecall { return }
        hasLostLease = true
        if gate.pool.kill(self) { return }
        if !isEnded { fail(Lease.lost) }
    }

    func finish(_ outcome: WorkerOutcome) {
        if case .reply(let received, let memoryFile) = outcome {
            if received.reply.foundInterruption, awaitsRecovery() {
                if let memoryFile { close(memoryFile) }
                return
            }
            if hasLostLease && !isBeyondRecall {
                if let memoryFile { close(memoryFile) }
                return end(Lease.lost)
            }
            if !isEnded || takesLateSuccess, case .success(let answer) = received.reply.result {
                return succeeded(answer, memoryFile: memoryFile, length: received.memoryFileLength)
            }
            if let memoryFile { close(memoryFile) }
            if case .failure(let error) = received.reply.result { return end(error) }
            return end(nil)
        }
        end(reason(outcome), isUncertain: true)
    }

    /// Why there is no reply.
    private func reason(_ outcome: WorkerOutcome) -> ServiceError {
        let verb = mode == .shared ? "read" : "changed"
        if hasLostLease, case .killed = outcome { return Lease.lost }
        if case .lost = outcome {
            return ServiceError(.workerFailed, "the worker that \(verb) \(path.text) was lost; try again")
        }
        if !isEnded, let stamp = claim?.file.stamp, gate.quarantine.noteDeath(stamp) {
            gate.log.warning("\(path.text) is in quarantine")
        }
        if case .killed = outcome {
            let time = gate.settings.requestTimeout.components.seconds
            return ServiceError(.timeout, "\(path.text) could not be \(verb) in \(time) s")
        }
        return ServiceError(.workerFailed, "the worker that \(verb) \(path.text) ended unexpectedly")
    }

    private func end(_ error: ServiceError?, isUncertain: Bool = false) {
        if claim != nil { return failed(error, isUncertain: isUncertain) }
        if let error, !isEnded { fail(error) }
    }
}

extension Gate {
    /// - Throws: `unavailable` for a file on which workers keep dying.
    func checkQuarantine(_ file: OpenFile) throws(ServiceError) {
        guard let time = quarantine.remaining(file.stamp) else { return }
        throw ServiceError(
            .unavailable,
            "\(file.path.text) made workers fail again and again and is refused for \(time.components.seconds + 1) s")
    }
}
