import FileLock
import Glibc
import H5Model
import HTTPMessage

/// Locks for requests: a queue of this process in front of `flock(2)`, which all processes share.
///
/// A request waits in its file's queue without a thread; only locks that other processes hold are polled.
final class FileLocks {
    private let loop: EventLoop
    let root: ServedRoot
    private var queues: [FileIdentity: LockQueue<ObjectIdentifier>] = [:]
    /// Every claim that is in a queue.
    private var claims: [ObjectIdentifier: LockClaim] = [:]
    /// Of the claims that wait for another program's lock on one file only the first asks again and again.
    private var polls: [FileIdentity: Poll] = [:]
    private var generator = SystemRandomNumberGenerator()
    /// Since when each file has been locked by this process without a gap.
    private var lockedSince: [FileIdentity: ContinuousClock.Instant] = [:]

    private let mostWaiters: Int
    /// Claims whose turn has come and that have not been told yet.
    private var granted: [ObjectIdentifier] = []
    private var isProceeding = false
    /// How many leases hold each file: while one does, no gap is left.
    private var leased: [FileIdentity: Int] = [:]

    /// HDF5 programs do not wait for a lock, they try again: after this time a file is left free for the gap's.
    private static let turn = Duration.milliseconds(100)
    private static let gap = Duration.milliseconds(4)

    private struct Poll {
        var leader: ObjectIdentifier
        var followers: [ObjectIdentifier] = []
    }

    /// - Parameter mostWaiters: That many claims may wait for one file.
    init(loop: EventLoop, root: ServedRoot, mostWaiters: Int = 4096) {
        self.loop = loop
        self.root = root
        self.mostWaiters = mostWaiters
    }

    /// Requests that have a lock or wait for one.
    var claimCount: Int { claims.count }

    /// Opens a file and asks for its lock. The claim has it on return, or waits: then `completion` is called once.
    /// - Parameters:
    ///   - lease: The lease under whose lock the file is used; the claim waits for others under it only.
    ///   - isForLease: The lock is to be a lease's.
    /// - Throws: `not_found`, `forbidden`, `unavailable`; `locked` where `wait` is zero and the lock is taken;
    ///   `lease_lost`, `wrong_kind`, `invalid` for a lease that ended, allows less, or is of another file.
    func claim(
        _ path: FilePath, _ mode: LockMode, wait: Duration, lease: Lease? = nil, isForLease: Bool = false,
        completion: @escaping LockClaim.Completion
    ) throws(ServiceError) -> LockClaim {
        if let lease { try check(lease, path, mode) }
        let file = if let lease { lease.claim.file } else { try open(path, mode) }
        let claim = LockClaim(file, mode, path: path, lease: lease, asked: loop.now)
        claim.isForLease = isForLease
        try begin(claim, wait: wait, completion: completion)
        return claim
    }

    /// Asks for the lock of a file that is open and has no name yet, or no longer the one that it was opened by.
    /// - Throws: as `claim` does.
    func claim(
        open file: OpenFile, _ mode: LockMode, followsName: Bool, wait: Duration, isForLease: Bool = false,
        completion: @escaping LockClaim.Completion
    ) throws(ServiceError) -> LockClaim {
        let claim = LockClaim(file, mode, path: file.path, asked: loop.now)
        claim.followsName = followsName
        claim.isForLease = isForLease
        try begin(claim, wait: wait, completion: completion)
        return claim
    }

    /// Asks again for the lock of a claim that was paused, for the same inode whatever its name leads to.
    /// - Throws: as `claim` does.
    func resume(
        _ claim: LockClaim, wait: Duration, completion: @escaping LockClaim.Completion
    ) throws(ServiceError) {
        claim.followsName = false
        if let lease = claim.lease, !lease.isActive { throw Lease.lost }
        try begin(claim, wait: wait, completion: completion)
    }

    /// Gives the lock back, or stops waiting for it; the file stays open. Nobody else may use the descriptor now.
    func pause(_ claim: LockClaim) {
        if claim.state == .held, claim.lease == nil { flock(claim.file.descriptor, LOCK_UN) }
        for timer in [claim.pollTimer, claim.deadlineTimer].compactMap(\.self) { loop.cancel(timer) }
        claim.pollTimer = nil
        claim.deadlineTimer = nil
        claim.completion = nil
        claim.leaseEnded = nil
        if claim.state == .joined { claim.state = .free }
        if claim.state != .free { leave(claim) }
    }

    /// The claim that has its turn after another one, which has the lock; nil where others are to have it first.
    func next(after claim: LockClaim) -> LockClaim? {
        guard claim.isHeld, claim.lease == nil, let queue = queues[claim.file.identity], !queue.isClosed,
            !isTurnOver(claim.file.identity)
        else { return nil }
        return queue.nextWaiter.flatMap { claims[$0] }
    }

    /// A waiting claim waits no more: what it is for is done under another one's lock.
    func join(_ claim: LockClaim) {
        guard claim.state == .queued else { return }
        pause(claim)
        claim.state = .joined
    }

    /// The file has lost its name: who waits for it starts over, but for a while it stays locked, so that a program that
    /// opened it by its old name does not write into it, and lose that.
    func orphan(_ claim: LockClaim) {
        if let lease = claim.lease {
            pause(claim)
            return lease.orphaned()
        }
        let file = claim.file
        var status = stat()
        // Another name leads to it still.
        if fstat(file.descriptor, &status) == 0, status.st_nlink > 0 { return pause(claim) }
        leave(claim)
        loop.after(Self.orphanTime) { _ = file }
    }

    private static let orphanTime = Duration.seconds(1)

    /// The claim's lock goes over to a file that has taken the name of the claim's own, and which nobody else can have
    /// opened yet: it is locked already. The old one is an orphan.
    func move(_ claim: LockClaim, to file: OpenFile) {
        let old = claim.file
        loop.after(Self.orphanTime) { _ = old }
        countLease(claim, -1)
        _ = queues[file.identity, default: LockQueue()].enter(claim.id, claim.mode)
        claim.file = file
        claim.followsName = true
        hold(claim)
        leaveQueue(of: old.identity, claim.id)
    }

    /// Who has the file's lock and who waits for it, in the order of their coming.
    func claims(of file: FileIdentity) -> [LockClaim] {
        claims.values.filter { $0.file.identity == file && $0.lease == nil }.sorted { $0.asked < $1.asked }
    }

    private func open(_ path: FilePath, _ mode: LockMode) throws(ServiceError) -> OpenFile {
        let file = try root.openFile(path, mode)
        return OpenFile(path: path, descriptor: file.descriptor, stamp: FileStamp(file.status))
    }

    private func begin(
        _ claim: LockClaim, wait: Duration, completion: @escaping LockClaim.Completion
    ) throws(ServiceError) {
        claim.asked = loop.now
        claim.since = WallClock.now
        claim.backOff = BackOff()
        try enter(claim)
        if claim.isHeld { return }
        // A gap is no reason to be refused.
        let isGap = claim.lease == nil && queues[claim.file.identity]?.isClosed == true
        let wait = isGap ? max(wait, Self.gap * 4) : wait
        if wait <= .zero {
            let error = self.taken(claim)
            pause(claim)
            throw error
        }
        claim.completion = completion
        claim.deadlineTimer = loop.after(wait) { [weak self, weak claim] in
            guard let self, let claim else { return }
            let error = self.taken(claim)
            self.end(claim, .failure(error))
        }
    }

    private func enter(_ claim: LockClaim) throws(ServiceError) {
        let identity = claim.file.identity
        if let queue = claim.lease?.turns ?? queues[identity], queue.waiterCount >= mostWaiters {
            throw ServiceError(.unavailable, "\(mostWaiters) requests wait for \(claim.path.text) already; try again")
        }
        claims[claim.id] = claim
        claim.state = .queued
        if let lease = claim.lease {
            if lease.turns.enter(claim.id, lease.mode) { try takeTurn(claim) }
            return
        }
        if isTurnOver(identity) { queues[identity]?.close() }
        if queues[identity, default: LockQueue()].enter(claim.id, claim.mode) { try lock(claim) }
    }

    private func leave(_ claim: LockClaim) {
        if claim.isHeld { countLease(claim, -1) }
        claim.state = .free
        claims[claim.id] = nil
        if let lease = claim.lease {
            proceed(lease.turns.leave(claim.id))
            return lease.turnEnded()
        }
        endPolling(claim)
        leaveQueue(of: claim.file.identity, claim.id)
    }

    private func leaveQueue(of identity: FileIdentity, _ id: ObjectIdentifier) {
        if isTurnOver(identity) { queues[identity]?.close() }
        let granted = queues[identity]?.leave(id) ?? []
        proceed(granted)
        if queues[identity]?.isEmpty == true { queues[identity] = nil }
        if queues[identity]?.heldMode == nil { beginGap(identity) }
    }

    private func isTurnOver(_ file: FileIdentity) -> Bool {
        if leased[file] != nil { return false }
        return lockedSince[file].map { loop.now - $0 > Self.turn } ?? false
    }

    private func countLease(_ claim: LockClaim, _ change: Int) {
        guard claim.isForLease else { return }
        let count = leased[claim.file.identity, default: 0] + change
        leased[claim.file.identity] = count == 0 ? nil : count
    }

    /// Nobody here holds the file any more; who waits goes on when others have had the time to lock it.
    private func beginGap(_ file: FileIdentity) {
        lockedSince[file] = nil
        guard queues[file]?.isClosed == true else { return }
        loop.after(Self.gap) { [weak self] in
            guard let self, let granted = self.queues[file]?.open() else { return }
            self.proceed(granted)
        }
    }

    /// Goes on with claims whose turn has come, one after another, also with those that are granted meanwhile: thousands
    /// may follow one another.
    private func proceed(_ granted: [ObjectIdentifier]) {
        self.granted += granted
        if isProceeding { return }
        isProceeding = true
        var next = 0
        while next < self.granted.count {
            // What was done for one before may have ended this one.
            if let claim = claims[self.granted[next]], claim.state == .queued { proceed(claim) }
            next += 1
        }
        self.granted.removeAll()
        isProceeding = false
    }

    /// The claim's turn has come in this process: asks the system.
    private func lock(_ claim: LockClaim) throws(ServiceError) {
        guard try ask(claim) else {
            // Whoever waits for a file that has lost its name waits for nothing.
            if isMeant(claim) { return poll(claim) }
            return try startOver(claim)
        }
        hold(claim)
        endPolling(claim)
        if !isMeant(claim) { try startOver(claim) }
    }

    private func hold(_ claim: LockClaim) {
        claim.state = .held
        countLease(claim, 1)
        claim.since = WallClock.now
        if lockedSince[claim.file.identity] == nil { lockedSince[claim.file.identity] = loop.now }
    }

    /// The claim's turn under its lease has come, which has the lock.
    private func takeTurn(_ claim: LockClaim) throws(ServiceError) {
        guard claim.lease?.isActive == true else {
            leave(claim)
            throw Lease.lost
        }
        claim.state = .held
        // Another request may have replaced the file under the lease.
        if let lease = claim.lease { claim.file = lease.claim.file }
        do throws(FileLockError) {
            claim.file.stamp = try FileStamp(descriptor: claim.file.descriptor)
        } catch {
            leave(claim)
            throw refusal(error, claim.path)
        }
    }

    /// A lease has ended: nobody begins anything under it any more, and who is at work is told.
    func end(_ lease: Lease) {
        let under = claims.values.filter { $0.lease === lease }.sorted { $0.asked < $1.asked }
        for claim in under where claim.state == .queued { end(claim, .failure(Lease.lost)) }
        for claim in under where claim.state == .held { claim.leaseEnded?() }
    }

    private func ask(_ claim: LockClaim) throws(ServiceError) -> Bool {
        do throws(FileLockError) {
            guard try FileLock.tryLock(descriptor: claim.file.descriptor, mode: claim.flockMode) else { return false }
            claim.file.stamp = try FileStamp(descriptor: claim.file.descriptor)
            return true
        } catch {
            leave(claim)
            throw refusal(error, claim.path)
        }
    }

    /// Whether a request of this server's has the file's exclusive lock now.
    func isLockedExclusively(_ file: FileIdentity) -> Bool {
        lockedSince[file] != nil && queues[file]?.heldMode == .exclusive
    }

    /// Whether a claim's lock has not been lost, as it can be on a network file system, and its name leads to it still.
    func isStillOurs(_ claim: LockClaim) -> Bool {
        if let lease = claim.lease, !lease.isActive { return false }
        let isLocked =
            (try? FileLock.tryLock(descriptor: claim.file.descriptor, mode: (claim.lease?.claim ?? claim).flockMode))
            ?? false
        return isLocked && claim.isHeld && isMeant(claim)
    }

    /// Whether the claim is for an open file whatever its name, or its name leads to it still.
    private func isMeant(_ claim: LockClaim) -> Bool {
        !(claim.lease?.claim ?? claim).followsName || root.leads(claim.path, to: claim.file.identity)
    }

    /// The name leads elsewhere than when it was opened: the lock is on a file that nobody means any more.
    private func startOver(_ claim: LockClaim) throws(ServiceError) {
        // Opened first: what is granted by leaving may come after this one in the other file's queue, not before it.
        let opened: Result<OpenFile, ServiceError>
        do throws(ServiceError) {
            opened = .success(try open(claim.path, claim.mode))
        } catch {
            opened = .failure(error)
        }
        flock(claim.file.descriptor, LOCK_UN)
        leave(claim)
        claim.file = try opened.get()
        try enter(claim)
    }

    private func poll(_ claim: LockClaim) {
        claim.state = .polling
        var poll = polls[claim.file.identity] ?? Poll(leader: claim.id)
        guard poll.leader == claim.id else {
            poll.followers.append(claim.id)
            polls[claim.file.identity] = poll
            return
        }
        polls[claim.file.identity] = poll
        claim.pollTimer = loop.after(claim.backOff.next(using: &generator)) { [weak self, weak claim] in
            guard let self, let claim else { return }
            claim.pollTimer = nil
            self.proceed(claim)
        }
    }

    /// The claim has its lock, and those that relied on its polling ask for themselves; or it waits no more, and the next
    /// of them polls.
    private func endPolling(_ claim: LockClaim) {
        let file = claim.file.identity
        guard var poll = polls[file] else { return }
        guard poll.leader == claim.id else {
            poll.followers.removeAll { $0 == claim.id }
            polls[file] = poll
            return
        }
        polls[file] = nil
        let followers = poll.followers.compactMap { claims[$0] }.filter { $0.state == .polling }
        if claim.isHeld { return followers.forEach { if $0.state == .polling { proceed($0) } } }
        guard let next = followers.first else { return }
        polls[file] = Poll(leader: next.id, followers: followers.dropFirst().map(\.id))
        proceed(next)
    }

    /// Goes on with a claim outside the call that asked for it.
    private func proceed(_ claim: LockClaim) {
        do throws(ServiceError) {
            if claim.lease == nil { try lock(claim) } else { try takeTurn(claim) }
        } catch {
            end(claim, .failure(error))
            return
        }
        if claim.isHeld { end(claim, .success(())) }
    }

    private func end(_ claim: LockClaim, _ result: Result<Void, ServiceError>) {
        let completion = claim.completion
        claim.completion = nil
        if let timer = claim.deadlineTimer { loop.cancel(timer) }
        claim.deadlineTimer = nil
        if case .failure = result { pause(claim) }
        completion?(result)
    }

    /// The answer to a claim whose wait is over.
    private func taken(_ claim: LockClaim) -> ServiceError {
        let path = claim.path.text
        let tenths = ((loop.now - claim.asked) / .milliseconds(100)).rounded()
        let time = "waited \(tenths / 10) s"
        if claim.lease != nil {
            return ServiceError(.locked, "other requests under the same lease of \(path) are at work; \(time)")
        }
        guard claim.state == .polling else {
            let second = 1_000_000_000
            let holder =
                leased[claim.file.identity] == nil
                ? nil : claims.values.first { $0.isHeld && $0.owner != nil && $0.file.identity == claim.file.identity }
            let lease = holder?.owner
            let who = lease.map { "by a lease until \(Timestamp.rfc3339(nanoseconds: $0.expires / second * second))" }
            return ServiceError(.locked, "\(path) is locked \(who ?? "by other requests to this server"); \(time)")
        }
        let holders = FileLock.holders(of: claim.file.identity).filter { $0 != getpid() }
        let who = holders.isEmpty ? "" : " (process \(holders.map(String.init).joined(separator: ", ")))"
        return ServiceError(.locked, "\(path) is locked by another program\(who); \(time)")
    }

    private func refusal(_ error: FileLockError, _ path: FilePath) -> ServiceError {
        ServiceError(.unavailable, "\(path.text) cannot be locked: \(error)")
    }
}

extension LockClaim {
    fileprivate var flockMode: FileLock.Mode { mode == .shared ? .shared : .exclusive }
}
