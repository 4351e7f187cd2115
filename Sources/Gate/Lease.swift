import H5Model

/// A lock that a remote holder has for several requests. Made, renewed and ended by `Leases`.
final class Lease {
    enum State {
        /// Requests may use it.
        case active
        /// It is over, but a request that was told to commit under it is at work still.
        case ending
        /// The lock is given back.
        case ended
    }

    let token: String
    /// Grows from lease to lease of a server.
    let fence: Int
    /// The address that took it.
    let client: String
    /// The lock itself, which the lease holds on the file or, where that is still to be made, on one without a name.
    let claim: LockClaim
    /// The file that the holder is to make; nil for one that is there.
    var newFile: NewFile?
    /// The name that is reserved for it.
    var reservedName: FilePath?
    private(set) var state = State.active
    /// The time to live that it was granted or renewed for last.
    private(set) var ttl = Duration.zero
    private(set) var end: EventLoop.Instant
    /// The end in nanoseconds since 1970.
    private(set) var expires = 0
    /// Who works under it, and who waits to: requests under an exclusive lease one after another.
    var turns = LockQueue<ObjectIdentifier>()
    /// Called when the lock is to be given back; the file has lost its name, or not.
    var finish: (_ isOrphan: Bool) -> Void = { _ in }
    private var isOrphan = false

    init(token: String, fence: Int, client: String, claim: LockClaim, newFile: NewFile?) {
        self.token = token
        self.fence = fence
        self.client = client
        self.claim = claim
        self.newFile = newFile
        end = claim.asked
    }

    var mode: LockMode { claim.mode }
    var path: FilePath { claim.file.path }
    var isActive: Bool { state == .active }

    /// It lives for `ttl` from `now` on.
    func renew(_ ttl: Duration, at now: EventLoop.Instant) {
        self.ttl = ttl
        end = now + ttl
        expires = WallClock.now + Int(ttl / .nanoseconds(1))
    }

    /// It is over: released, expired, or its file is gone.
    func terminate() {
        if state == .active { state = .ending }
    }

    /// Gives the lock back as soon as nobody works under it any more.
    func turnEnded() {
        guard state == .ending, turns.isEmpty else { return }
        state = .ended
        finish(isOrphan)
    }

    /// The file has lost its name to a request under the lease.
    func orphaned() {
        guard isActive else { return }
        isOrphan = true
        wasOrphaned()
    }

    /// Called when the file has lost its name.
    var wasOrphaned: () -> Void = {}

    /// The refusal of everything under a lease that is not there.
    static let lost = ServiceError(
        .leaseLost, "the lease has expired, was released, or was never granted by this server; nothing was done")
}
