import FileLock
import Glibc
import H5Model
import Logging
import Routes
import WorkerMessage

/// Finishes or undoes an interrupted commit in a worker, under the file's exclusive lock.
final class RecoveryJob: WorkerJob {
    private let gate: Gate
    private let path: FilePath
    private var claim: LockClaim?
    private let slot: Int?
    private var tries = 0

    /// Longer than any of our own commits takes.
    private static let wait = Duration.seconds(300)

    /// - Parameters:
    ///   - claim: The exclusive lock where somebody has it already.
    ///   - slot: The list's entry, which ends with the recovery.
    init(gate: Gate, path: FilePath, claim: LockClaim? = nil, slot: Int? = nil) {
        self.gate = gate
        self.path = path
        self.claim = claim
        self.slot = slot
    }

    func start() {
        gate.recoveries[ObjectIdentifier(self)] = self
        if claim != nil { return gate.pool.submit(self, atFront: true) }
        do throws(ServiceError) {
            let claim = try gate.locks.claim(path, .exclusive, wait: Self.wait) { [weak self] result in
                guard let self else { return }
                switch result {
                case .success: self.gate.pool.submit(self, atFront: true)
                case .failure(let error): self.end("cannot be recovered: \(error.message)")
                }
            }
            self.claim = claim
            if claim.isHeld { gate.pool.submit(self, atFront: true) }
        } catch {
            end("cannot be recovered: \(error.message)")
        }
    }

    func waits() {}

    func prepare() -> WorkerTask? {
        guard let claim else { return nil }
        let request = WorkerRequest(operation: .recoverFile, file: path.joinedBytes, object: .root)
        return request.task(file: claim.file.descriptor, stamp: claim.file.stamp)
    }

    func finish(_ outcome: WorkerOutcome) {
        if case .reply(_, let memoryFile?) = outcome { close(memoryFile) }
        tries += 1
        do throws(ServiceError) {
            try outcome.check("recovered \(path.text)")
            if case .reply(let received, _) = outcome, case .success(let answer) = received.reply.result,
                case .complete(let text) = answer.body, !text.isEmpty
            {
                gate.log.notice("\(path.text): an interrupted commit was \(String(decoding: text, as: UTF8.self))")
            }
            end(nil)
        } catch {
            if error.code == .workerFailed && tries < 3 { return gate.pool.submit(self, atFront: true) }
            end("cannot be recovered: \(error.message)")
        }
    }

    private func end(_ failure: String?) {
        if let failure { gate.log.error("\(path.text) \(failure)") }
        if let claim { gate.locks.pause(claim) }
        claim = nil
        if let slot { gate.transactions.end(slot) }
        gate.recoveries[ObjectIdentifier(self)] = nil
        let completions = gate.recovering.removeValue(forKey: path) ?? []
        for completion in completions { completion() }
    }
}

extension Gate {
    /// Recovers what the last server was in the middle of.
    func recoverOpenTransactions() {
        for path in transactions.takeAll() { recover(path) }
    }

    /// Recovers a file, unless that is being done; `completion` is called when it is over, however it ended.
    func recover(_ path: FilePath, _ completion: @escaping () -> Void = {}) {
        let isFirst = recovering[path] == nil
        recovering[path, default: []].append(completion)
        if isFirst { RecoveryJob(gate: self, path: path).start() }
    }
}
