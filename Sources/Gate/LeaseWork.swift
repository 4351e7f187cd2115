import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import RedoLog
import Routes

/// A request for a lease: it waits in the file's queue like any other, and is answered when the lock is there.
final class LeaseWork: RequestWork {
    private let exchange: Exchange
    private let gate: Gate
    private let path: FilePath
    let upload: Upload?
    private var wish: Leases.Wish?
    private var claim: LockClaim?
    private var isEnded = false
    private var hasLookedForLog = false

    init(exchange: Exchange, path: FilePath) {
        self.exchange = exchange
        gate = exchange.gate
        self.path = path
        upload = exchange.gate.leaseUpload()
    }

    func start() {
        do throws(ServiceError) {
            let body = try LeaseBody(upload)
            if gate.settings.isReadOnly && body.mode == .exclusive {
                throw ServiceError(.forbidden, "this server is read-only: a lease can only be shared")
            }
            let wish = Leases.Wish(
                path: path, mode: body.mode, ttl: body.ttl ?? gate.settings.ttl, creates: body.creates,
                client: exchange.clientAddress)
            self.wish = wish
            try ask(wish)
        } catch {
            fail(error)
        }
    }

    func cancel() {
        isEnded = true
        release()
    }

    private func release() {
        if let claim { gate.locks.pause(claim) }
        claim = nil
    }

    private func fail(_ error: ServiceError) {
        isEnded = true
        release()
        exchange.answer(error)
    }

    private func ask(_ wish: Leases.Wish) throws(ServiceError) {
        let claim = try gate.leases.claim(wish, wait: exchange.remainingWait) { [weak self] result in
            self?.proceed(result, wish)
        }
        self.claim = claim
        if claim.isHeld { try grant(wish, claim) }
    }

    private func proceed(_ result: Result<Void, ServiceError>, _ wish: Leases.Wish) {
        if isEnded { return }
        do throws(ServiceError) {
            if case .failure(let error) = result, error.code == .notFound, wish.creates {
                // Whoever was to make the file has not.
                claim = nil
                return try ask(wish)
            }
            try result.get()
            if let claim { try grant(wish, claim) }
        } catch {
            fail(error)
        }
    }

    private func grant(_ wish: Leases.Wish, _ claim: LockClaim) throws(ServiceError) {
        if claim.file.stamp.size > 0 {
            let state = try claim.file.checkHDF5()
            if state == .veiled, !hasLookedForLog { return recover(wish, claim) }
            try claim.file.checkFlags()
        }
        let lease = try gate.leases.grant(wish, claim)
        self.claim = nil
        isEnded = true
        exchange.undelivered = { [gate] in gate.leases.end(lease) }
        exchange.answer(.lease(lease, status: 201))
    }

    /// The last commit of the file was interrupted: a holder finds the file as any other program would.
    private func recover(_ wish: Leases.Wish, _ claim: LockClaim) {
        hasLookedForLog = true
        release()
        gate.recover(path) { [weak self] in
            guard let self, !self.isEnded else { return }
            do throws(ServiceError) {
                try self.ask(wish)
            } catch {
                self.fail(error)
            }
        }
    }
}

extension Gate {
    /// Where the short body of a request about a lease is collected.
    func leaseUpload() -> Upload {
        Upload(limit: 4096, name: "a body about a lease") { () throws(ServiceError) in
            throw ServiceError(.tooLarge, "a body about a lease is longer than 4096 bytes")
        }
    }
}

extension Response {
    /// A lease as its holder is told of it.
    static func lease(_ lease: Lease, status: Int) -> Response {
        var json = JSONWriter()
        json.object { json in
            json.key("token")
            json.string(lease.token)
            json.key("file")
            json.string(lease.path.text)
            json.key("mode")
            json.string(lease.mode.rawValue)
            json.key("ttl")
            json.raw(lease.ttl.decimalSeconds)
            json.key("expires")
            json.string(Timestamp.rfc3339(nanoseconds: lease.expires))
            json.key("fence")
            json.integer(lease.fence)
        }
        var fields: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        if status == 201 {
            fields[.location] = (["/v1/locks"] + lease.path.map(PercentCoding.encode) + [lease.token])
                .joined(separator: "/")
        }
        return Response(head: ResponseHead(status: status, fields: fields), body: .bytes(json.bytes))
    }
}

extension Duration {
    /// Seconds as a JSON number, to the millisecond.
    fileprivate var decimalSeconds: String {
        let thousandths = Int((self / .milliseconds(1)).rounded())
        return thousandths % 1000 == 0 ? "\(thousandths / 1000)" : "\(Double(thousandths) / 1000)"
    }
}
