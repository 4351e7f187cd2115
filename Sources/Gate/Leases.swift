import CProcess
import FileLock
import Glibc
import H5Model

/// The leases of a server: grants, renews, ends them, and finds them by their token.
///
/// A lease's lock is an ordinary claim in its file's queue. It lives in this process only: the system drops the lock
/// with the process, and a server that starts again knows no token.
final class Leases {
    typealias Completion = (Result<Lease, ServiceError>) -> Void

    /// Bounds of what clients may take.
    struct Limits {
        var most = 4096
        var mostPerClient = 256
        var longest = Duration.seconds(3600)
    }

    /// What a client asks for.
    struct Wish {
        var path: FilePath
        var mode: LockMode
        var ttl: Duration
        /// Whether a file that is not there is to be made under the lease.
        var creates = false
        var client: String
    }

    private let loop: EventLoop
    private let locks: FileLocks
    private let limits: Limits
    private let makeFile: (FilePath) throws(ServiceError) -> NewFile
    private let ownName: (FilePath) -> FilePath
    private var leases: [String: Lease] = [:]
    private var timers: [String: TimerID] = [:]
    /// Files that are to be made under a lease, by their own names.
    private var reserved: [FilePath: Lease] = [:]
    /// Files that were made for claims whose lease has not begun yet.
    private var made: [ObjectIdentifier: NewFile] = [:]
    private var lastFence = 0
    /// Told when a lease begins, and when its lock has been given back.
    var changed: (_ lease: Lease, _ isTaken: Bool) -> Void = { _, _ in }

    /// - Parameters:
    ///   - ownName: The one name of a file to be, whichever symbolic links lead to its directory.
    ///   - makeFile: Makes a file without a name for a path where there is none.
    init(
        loop: EventLoop, locks: FileLocks, limits: Limits, ownName: @escaping (FilePath) -> FilePath = { $0 },
        makeFile: @escaping (FilePath) throws(ServiceError) -> NewFile
    ) {
        self.loop = loop
        self.locks = locks
        self.limits = limits
        self.makeFile = makeFile
        self.ownName = ownName
    }

    var count: Int { leases.count }

    /// The lease of a token.
    /// - Throws: `lease_lost`.
    func find(_ token: String) throws(ServiceError) -> Lease {
        guard let lease = leases[token], lease.isActive else { throw Lease.lost }
        do throws(ServiceError) {
            try locks.checkNotVoid(lease)
        } catch {
            end(lease)
            throw error
        }
        return lease
    }

    /// Whether a path is that of the lease's file.
    func covers(_ lease: Lease, _ path: FilePath) -> Bool {
        locks.covers(lease, path) || lease.reservedName.map { $0 == ownName(path) } ?? false
    }

    /// A directory has another name: so have the files in it.
    func renamed(_ directory: FilePath, to new: FilePath) {
        for lease in leases.values where lease.path.starts(with: directory) {
            lease.claim.file.path = new + lease.path.dropFirst(directory.count)
        }
    }

    /// - Throws: `locked` where a file is to be made in the directory, under a lease.
    func checkNoReservation(in directory: FilePath) throws(ServiceError) {
        guard let holder = reserved.values.first(where: { $0.path.starts(with: directory) }) else { return }
        throw ServiceError(.locked, "\(holder.path.text) is reserved by a lease, under which it is to be made")
    }

    /// The server stops: nobody can renew or release a lease any more, so that those that are idle end now.
    func stop() {
        for lease in Array(leases.values) where lease.turns.isEmpty { end(lease) }
    }

    /// The lease under which a file is to be made that is not there yet.
    func reservation(of path: FilePath) -> Lease? { reserved.isEmpty ? nil : reserved[ownName(path)] }

    /// - Throws: `locked` where somebody else is to make the file.
    func checkFree(_ path: FilePath, for lease: Lease?) throws(ServiceError) {
        if let holder = reservation(of: path), holder !== lease {
            throw ServiceError(.locked, "\(path.text) is reserved by a lease, under which it is to be made")
        }
    }

    /// The lease under which a file is made that is not there; nil where the request has none.
    /// - Parameter waits: Without a lease it waits for the name where that is reserved.
    /// - Throws: `locked`, `invalid` for a lease of another file, `lease_lost` where the leased file is gone.
    func leaseToMake(_ path: FilePath, _ lease: Lease?, waits: Bool = false) throws(ServiceError) -> Lease? {
        if !waits || lease != nil { try checkFree(path, for: lease) }
        guard let lease else { return nil }
        if lease.newFile != nil, lease.reservedName == ownName(path) { return lease }
        if lease.path != path { throw ServiceError(.invalid, "the lock token is of another file than \(path.text)") }
        throw ServiceError(.leaseLost, "\(path.text) was removed by another program: its lease is void")
    }

    // MARK: Taking

    /// Asks for the lock. The result is the claim, which has it or waits for it; then `completion` is called, once.
    /// - Throws: As `FileLocks.claim`; `invalid` for a time to live that is not allowed, `unavailable` beyond the limits.
    func claim(
        _ wish: Wish, wait: Duration, completion: @escaping LockClaim.Completion
    ) throws(ServiceError) -> LockClaim {
        try check(wish.ttl)
        try checkLimits(wish)
        if wish.creates, let holder = reservation(of: wish.path), !locks.exists(wish.path) {
            // Who waits behind the maker of a file gets that file, or makes it.
            return try locks.claim(
                open: try holder.claim.file.reopened(), wish.mode, followsName: true, wait: wait, isForLease: true,
                completion: completion)
        }
        do throws(ServiceError) {
            return try locks.claim(wish.path, wish.mode, wait: wait, isForLease: true, completion: completion)
        } catch {
            guard wish.creates, error.code == .notFound else { throw error }
            let new = try makeFile(wish.path)
            let claim = try locks.claim(
                open: try OpenFile(path: wish.path, sharing: new.descriptor), wish.mode, followsName: false,
                wait: .zero, isForLease: true, completion: completion)
            made[claim.id] = new
            return claim
        }
    }

    /// Waits for the end of a lease under which a file is to be made: then it is there, or `not_found` ends the wait.
    /// - Throws: As `FileLocks.claim`.
    func claim(
        behind holder: Lease, wait: Duration, completion: @escaping LockClaim.Completion
    ) throws(ServiceError) -> LockClaim {
        try locks.claim(
            open: try holder.claim.file.reopened(), .exclusive, followsName: true, wait: wait, completion: completion)
    }

    private func checkLimits(_ wish: Wish) throws(ServiceError) {
        guard leases.count < limits.most else {
            throw ServiceError(.unavailable, "the server has granted \(limits.most) leases already; try again")
        }
        guard leases.values.count(where: { $0.client == wish.client }) < limits.mostPerClient else {
            throw ServiceError(
                .unavailable, "\(wish.client) has \(limits.mostPerClient) leases already, the most for one")
        }
    }

    /// - Throws: `invalid`.
    func check(_ ttl: Duration) throws(ServiceError) {
        guard ttl >= .seconds(1), ttl <= limits.longest else {
            throw ServiceError(
                .invalid, "the time to live is a number of seconds from 1 to \(limits.longest.components.seconds)")
        }
    }

    /// The claim has its lock: the lease begins.
    /// - Throws: `unavailable` where the client has got too many meanwhile.
    func grant(_ wish: Wish, _ claim: LockClaim) throws(ServiceError) -> Lease {
        let newFile = made.removeValue(forKey: claim.id)
        try checkLimits(wish)
        lastFence = max(lastFence + 1, WallClock.now / 1000)
        let lease = Lease(
            token: Self.token(), fence: lastFence, client: wish.client, claim: claim,
            newFile: newFile)
        claim.owner = lease
        lease.finish = { [weak self, weak lease] isOrphan in
            if let self, let lease { self.giveBack(lease, isOrphan) }
        }
        lease.wasOrphaned = { [weak self, weak lease] in
            if let self, let lease { self.end(lease) }
        }
        leases[lease.token] = lease
        if lease.newFile != nil {
            let name = ownName(wish.path)
            lease.reservedName = name
            reserved[name] = lease
        }
        renew(lease, wish.ttl)
        changed(lease, true)
        return lease
    }

    /// 128 random bits, which nobody guesses.
    private static func token() -> String {
        let digits = String(UInt128.random(in: 0...UInt128.max), radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    // MARK: Keeping

    /// The lease lives for `ttl` from now on, which has been checked.
    func renew(_ lease: Lease, _ ttl: Duration) {
        if let timer = timers[lease.token] { loop.cancel(timer) }
        lease.renew(ttl, at: loop.now)
        timers[lease.token] = loop.after(ttl) { [weak self, weak lease] in
            if let self, let lease { self.end(lease) }
        }
    }

    /// The file that was to be made has its name now.
    func published(_ lease: Lease) {
        endReservation(lease)
        lease.claim.followsName = true
    }

    /// The leased file was replaced by one that is locked already, or made otherwise than as planned.
    func move(_ lease: Lease, to file: OpenFile) {
        endReservation(lease)
        locks.move(lease.claim, to: file)
    }

    private func endReservation(_ lease: Lease) {
        if let name = lease.reservedName { reserved[name] = nil }
        lease.reservedName = nil
        lease.newFile = nil
    }

    // MARK: Ending

    /// Released or expired: the lock goes to the next as soon as no commit is under way.
    func end(_ lease: Lease) {
        guard lease.isActive else { return }
        if let timer = timers.removeValue(forKey: lease.token) { loop.cancel(timer) }
        leases[lease.token] = nil
        lease.terminate()
        locks.end(lease)
        lease.turnEnded()
    }

    private func giveBack(_ lease: Lease, _ isOrphan: Bool) {
        endReservation(lease)
        if isOrphan { locks.orphan(lease.claim) } else { locks.pause(lease.claim) }
        changed(lease, false)
    }
}

extension OpenFile {
    /// A file that is open and locked already, whose lock this shares.
    /// - Throws: `unavailable`.
    convenience init(path: FilePath, sharing descriptor: Descriptor) throws(ServiceError) {
        let copy = fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0, let stamp = try? FileStamp(descriptor: copy) else {
            if copy >= 0 { close(copy) }
            throw ServiceError(.unavailable, "the server has too many files open; try again")
        }
        self.init(path: path, descriptor: copy, stamp: stamp)
    }

    /// The same file, opened once more, with a lock of its own.
    /// - Throws: `unavailable`.
    fileprivate func reopened() throws(ServiceError) -> OpenFile {
        let copy = open("/proc/self/fd/\(descriptor)", O_RDWR | O_CLOEXEC)
        guard copy >= 0, let stamp = try? FileStamp(descriptor: copy) else {
            if copy >= 0 { close(copy) }
            throw ServiceError(.unavailable, "the server has too many files open; try again")
        }
        return OpenFile(path: path, descriptor: copy, stamp: stamp)
    }
}
