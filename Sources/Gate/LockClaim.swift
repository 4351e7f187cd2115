import FileLock
import H5Model

/// A claim to one file's lock, of a request or of a lease. Made, and its lock taken and given back, by `FileLocks`.
final class LockClaim {
    typealias Completion = (Result<Void, ServiceError>) -> Void

    enum State { case free, queued, polling, held, joined }

    /// The name by which the file was asked for.
    let path: FilePath
    let mode: LockMode
    /// The lease under whose lock this is; nil where the claim is to the file's own.
    let lease: Lease?
    /// The lease that this is the lock of.
    weak var owner: Lease?
    var file: OpenFile
    var state = State.free
    var asked: EventLoop.Instant
    /// When the lock was asked for, and then when it came; in nanoseconds since 1970.
    var since = WallClock.now
    /// Whether the name must still lead to the file once the lock is there; not when an answer goes on.
    var followsName = true
    var backOff = BackOff()
    var pollTimer: TimerID?
    var deadlineTimer: TimerID?
    var completion: Completion?
    /// What the lock is for.
    weak var work: FileWork?
    /// Whether it is for a lease, which is still to begin or has.
    var isForLease = false
    /// Called when the lease ends while the claim has its lock, which it is to give back as soon as it can.
    var leaseEnded: (() -> Void)?

    init(_ file: OpenFile, _ mode: LockMode, path: FilePath, lease: Lease? = nil, asked: EventLoop.Instant) {
        self.file = file
        self.mode = mode
        self.path = path
        self.lease = lease
        self.asked = asked
    }

    var isHeld: Bool { state == .held }

    var id: ObjectIdentifier { ObjectIdentifier(self) }
}
