import FileLock
import Glibc
import H5Model
import Logging
import RedoLog
import Routes
import WorkerMessage

/// Finishes or undoes an interrupted commit in a worker, under the file's exclusive lock.
final class RecoveryJob: WorkerJob {
    private let gate: Gate
    private let path: FilePath
    private var claim: LockClaim?
    private let slot: Int?
    private var tries = 0
    private let completion: (Recovery?) -> Void

    /// Longer than any of our own commits takes.
    private static let wait = Duration.seconds(300)

    /// - Parameters:
    ///   - claim: The exclusive lock where somebody has it already.
    ///   - slot: The list's entry, which ends with the recovery.
    ///   - completion: Called with what was done, or nil, under the lock still.
    init(
        gate: Gate, path: FilePath, claim: LockClaim? = nil, slot: Int? = nil,
        completion: @escaping (Recovery?) -> Void = { _ in }
    ) {
        self.gate = gate
        self.path = path
        self.claim = claim
        self.slot = slot
        self.completion = completion
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
            let recovery = outcome.recovery
            if let recovery, recovery != .nothing {
                gate.log.notice("\(path.text): an interrupted commit was \(recovery.rawValue)")
            }
            end(nil, recovery)
        } catch {
            if error.code == .workerFailed && tries < 3 { return gate.pool.submit(self, atFront: true) }
            end("cannot be recovered: \(error.message)")
        }
    }

    private func end(_ failure: String?, _ recovery: Recovery? = nil) {
        if let failure { gate.log.error("\(path.text) \(failure)") }
        completion(recovery)
        if let claim { gate.locks.pause(claim) }
        claim = nil
        if let slot { gate.transactions.end(slot) }
        gate.recoveries[ObjectIdentifier(self)] = nil
        let completions = gate.recovering.removeValue(forKey: path) ?? []
        for completion in completions { completion() }
    }
}

extension WorkerOutcome {
    /// What a worker that was to recover a file has done; nil where it does not say.
    fileprivate var recovery: Recovery? {
        guard case .reply(let received, _) = self, case .success(let answer) = received.reply.result,
            case .complete(let word) = answer.body
        else { return nil }
        return Recovery(rawValue: String(decoding: word, as: UTF8.self))
    }
}

extension Gate {
    /// Recovers what the last server was in the middle of.
    func recoverOpenTransactions() {
        for path in transactions.takeAll() {
            if NewFile.isHidden(path) { removeHidden(path) } else { recover(path) }
        }
    }

    private func removeHidden(_ path: FilePath) {
        guard let directory = try? root.openDirectory(FilePath(path.dropLast())) else { return }
        let place = Place(directory: Descriptor(directory), path: path)
        if unlinkat(place.directory.number, place.cName, 0) == 0 {
            log.notice("\(path.text), of an upload that was interrupted, is removed")
        }
    }

    /// Recovers a file, unless that is being done; `completion` is called when it is over, however it ended.
    func recover(_ path: FilePath, _ completion: @escaping () -> Void = {}) {
        let isFirst = recovering[path] == nil
        recovering[path, default: []].append(completion)
        if isFirst { RecoveryJob(gate: self, path: path).start() }
    }
}
