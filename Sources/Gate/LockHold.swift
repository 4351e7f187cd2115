import CProcess
import FileLock
import Glibc
import H5Model
import WorkerMessage

/// The lock of an answer in transit: held a short while, then only while a piece is read.
///
/// When the time is over the file is cut loose by a reflink where its file system has them. Elsewhere the lock is given
/// back, and each further piece is read under a new one, as long as the file is as it was.
final class LockHold {
    private let gate: Gate
    private let claim: LockClaim
    private let others: OtherFiles
    private let stamp: FileStamp
    private var timer: TimerID?
    private var clone: Int32 = -1
    private var isOver = false
    private var locked = ContinuousClock.Instant.now
    private var released = ContinuousClock.Instant.now
    private var heldLast = Duration.zero
    private var isUsed = false
    private var isEnded = false
    private var triedClone = false

    private static let pause = Duration.milliseconds(20)
    private static let longestRest = Duration.milliseconds(100)

    /// - Parameters:
    ///   - claim: A claim that has its lock.
    ///   - others: What else is read; locked too.
    init(gate: Gate, claim: LockClaim, others: OtherFiles) {
        self.gate = gate
        self.claim = claim
        self.others = others
        stamp = claim.file.stamp
        claim.leaseEnded = { [weak self] in self?.expire() }
        // Under a shared lease its holder sees to it that the lock is free again.
        if let lease = claim.lease, lease.mode == .shared, lease.isActive { return }
        timer = gate.loop.after(gate.settings.lockHold) { [weak self] in self?.expire() }
    }

    deinit {
        if !isEnded { end() }
        if clone >= 0 { Glibc.close(clone) }
    }

    /// What the body is read from: the locked file, or a copy that shares its blocks.
    var descriptor: Int32 { clone >= 0 ? clone : claim.file.descriptor }

    var path: FilePath { claim.file.path }

    var file: OpenFile { claim.file }

    /// Whether a piece may be read now, without asking.
    var isReady: Bool { clone >= 0 || claim.isHeld }

    /// Calls `body` with the lock held and the file unchanged, or with the reason why not; at once where it can.
    /// `done` follows.
    func use(_ body: @escaping (Result<Void, ServiceError>) -> Void) {
        isUsed = true
        if isReady { return body(.success(())) }
        // HDF5 programs do not wait for a lock: it is left free for as long as it was held, within bounds.
        let rest = min(max(heldLast, .milliseconds(1)), Self.longestRest) - (.now - released)
        let end = ContinuousClock.Instant.now + gate.settings.lockWait
        if rest <= .zero { return resume(until: end, body) }
        timer = gate.loop.after(rest) { [weak self] in self?.resume(until: end, body) }
    }

    private func resume(
        until end: ContinuousClock.Instant, _ body: @escaping (Result<Void, ServiceError>) -> Void
    ) {
        locked = .now
        do throws(ServiceError) {
            try gate.locks.resume(claim, wait: max(end - .now, .zero)) { [weak self] result in
                guard let self, !self.isEnded else { return }
                self.locked = .now
                if case .failure = result { return body(result) }
                self.goOn(until: end, body)
            }
        } catch {
            return body(.failure(error))
        }
        if claim.isHeld { goOn(until: end, body) }
    }

    /// The file is locked; so must the others be, none of which is waited for meanwhile.
    private func goOn(
        until end: ContinuousClock.Instant, _ body: @escaping (Result<Void, ServiceError>) -> Void
    ) {
        if case .failure(let error) = checkUnchanged() { return body(.failure(error)) }
        do throws(ServiceError) {
            try others.resume()
            body(.success(()))
        } catch {
            guard error.code == .locked, .now < end else { return body(.failure(error)) }
            gate.locks.pause(claim)
            timer = gate.loop.after(Self.pause) { [weak self] in
                guard let self, !self.isEnded else { return }
                self.resume(until: end, body)
            }
        }
    }

    /// Answers a worker that reads a piece and asks for another file.
    func answer(_ question: FileQuestion, _ answer: @escaping OtherFiles.Answer) {
        others.answer(question, own: claim, answer)
    }

    /// The piece has been read.
    func done() {
        isUsed = false
        if isOver && clone < 0 { cutLoose() }
    }

    /// Gives everything back. Nobody else may use the descriptor now.
    func end() {
        isEnded = true
        if let timer { gate.loop.cancel(timer) }
        others.release()
        gate.locks.pause(claim)
    }

    private func checkUnchanged() -> Result<Void, ServiceError> {
        if claim.file.stamp == stamp { return .success(()) }
        return .failure(ServiceError(.unavailable, "\(path.text) was changed while it was sent"))
    }

    private func expire() {
        if let timer { gate.loop.cancel(timer) }
        timer = nil
        isOver = true
        if !isUsed { cutLoose() }
    }

    private func cutLoose() {
        if !triedClone && others.isEmpty { makeClone() }
        others.pause()
        gate.locks.pause(claim)
        released = .now
        heldLast = released - locked
    }

    /// A copy that shares the file's blocks, unnamed and on its file system.
    private func makeClone() {
        triedClone = true
        let copy = openat(gate.root.descriptor, ".", lh5_open_unnamed | O_RDWR | O_CLOEXEC, 0o600)
        if copy >= 0 {
            if lh5_reflink(copy, claim.file.descriptor) == 0 { clone = copy } else { Glibc.close(copy) }
        }
    }
}
