import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes

/// A request that changes a file's name, or finds that nothing is to do: it needs the file's exclusive lock, no worker.
///
/// A directory has no lock; whoever holds a file in it goes on with that file.
final class EntryWork: RequestWork {
    enum Change {
        /// The new path is in the body.
        case rename
        case remove
        /// It is there, which is all that was asked for.
        case require
    }

    private let exchange: Exchange
    private let gate: Gate
    private let found: ServedRoot.Found
    private let change: Change
    private var claim: LockClaim?
    private(set) var upload: Upload?

    init(exchange: Exchange, found: ServedRoot.Found, change: Change, upload: Upload? = nil) {
        self.exchange = exchange
        gate = exchange.gate
        self.found = found
        self.change = change
        self.upload = upload ?? (change == .rename ? exchange.gate.upload(of: .json) : nil)
    }

    func start() {
        do throws(ServiceError) {
            let target = change == .rename ? try newPlace() : nil
            guard found.kind == .file else {
                try exchange.checkMatchOfNothing(found.path)
                return try carryOut(target)
            }
            let claim = try gate.locks.claim(
                found.path, .exclusive, wait: exchange.remainingWait, lease: try exchange.lease()
            ) { [weak self] result in
                self?.proceed(result, target)
            }
            self.claim = claim
            if claim.isHeld { proceed(.success(()), target) }
        } catch {
            fail(error)
        }
    }

    func cancel() {
        if let claim { gate.locks.pause(claim) }
        claim = nil
    }

    private func newPlace() throws(ServiceError) -> Place {
        try gate.root.place(try exchange.pathInBody(upload, key: "path"))
    }

    private func proceed(_ result: Result<Void, ServiceError>, _ target: Place?) {
        do throws(ServiceError) {
            try result.get()
            if let claim { try exchange.checkMatch(claim.file.stamp, found.path) }
            try carryOut(target)
        } catch {
            fail(error)
        }
    }

    private func fail(_ error: ServiceError) {
        cancel()
        exchange.answer(error)
    }

    private func carryOut(_ target: Place?) throws(ServiceError) {
        switch change {
        case .require:
            try claim?.file.checkHDF5()
            try answer(found.path, changed: [])
        case .rename:
            guard let target else { return }
            let place = try gate.root.place(found.path)
            try gate.leases.checkFree(target.path, for: nil)
            if claim == nil { try gate.leases.checkNoReservation(in: found.path) }
            try gate.root.rename(place, to: target)
            if let claim { claim.file.path = target.path } else { gate.leases.renamed(found.path, to: target.path) }
            try answer(target.path, changed: [place, target])
        case .remove:
            let place = try gate.root.place(found.path)
            if claim == nil { try gate.leases.checkNoReservation(in: found.path) }
            try gate.root.remove(place, isDirectory: found.kind == .directory)
            if let claim { gate.locks.orphan(claim) }
            claim = nil
            gate.events.namesChanged([found.path])
            let response = Response(head: ResponseHead(status: 204), body: .bytes([]))
            gate.answer(exchange, response, afterChanging: [place])
        }
    }

    private func answer(_ path: FilePath, changed places: [Place]) throws(ServiceError) {
        let stamp = FileStamp(try gate.root.status(path))
        cancel()
        let entry = FileEntry(path: path, isDirectory: found.kind == .directory, stamp: stamp)
        let response = entry.response(status: 200, tag: found.kind == .file ? gate.tag(of: stamp) : nil)
        if places.isEmpty { return exchange.answer(response) }
        gate.events.namesChanged(places.map(\.path))
        gate.answer(exchange, response, afterChanging: places)
    }
}

extension Exchange {
    /// The path under the root that the body names, a JSON object with that key alone.
    /// - Throws: `invalid`.
    func pathInBody(_ upload: Upload?, key: String) throws(ServiceError) -> FilePath {
        let text = try upload?.singleMember(key) ?? []
        let path = try FilePath(parsing: text, as: "the body's \"\(key)\"")
        if path.isEmpty { throw ServiceError(.invalid, "the body names no path: {\"\(key)\": \"...\"}") }
        return path
    }
}
