import FileLock
import H5Model

extension FileLocks {
    /// - Throws: `lease_lost`, `invalid`, `wrong_kind` where a lease is none under which the file can be used so.
    func check(_ lease: Lease, _ path: FilePath, _ mode: LockMode) throws(ServiceError) {
        guard lease.isActive else { throw Lease.lost }
        guard covers(lease, path) else {
            throw ServiceError(.invalid, "the lock token is of another file than \(path.text)")
        }
        try checkNotVoid(lease)
        if lease.mode == .shared && mode == .exclusive {
            throw ServiceError(.wrongKind, "the lease of \(path.text) is shared, which allows to read only")
        }
    }

    /// Whether a path is that of a lease's file: the one by which it was taken, or one that leads to it.
    func covers(_ lease: Lease, _ path: FilePath) -> Bool {
        [lease.path, lease.claim.path].contains(path) || root.leads(path, to: lease.claim.file.identity)
    }

    /// - Throws: `lease_lost` where another program has taken away the leased file's name, or a name that was reserved.
    func checkNotVoid(_ lease: Lease) throws(ServiceError) {
        let path = lease.path
        if lease.newFile != nil, exists(path) {
            throw ServiceError(.leaseLost, "another program has made \(path.text) meanwhile: its lease is void")
        }
        if lease.claim.followsName, !root.leads(path, to: lease.claim.file.identity) {
            throw ServiceError(.leaseLost, "\(path.text) was replaced or removed by another program: its lease is void")
        }
    }

    /// Whether anything has that name.
    func exists(_ path: FilePath) -> Bool { (try? root.status(path)) != nil }
}
