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
        }
        let lease = gate.leases.grant(wish, claim)
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

/// A request that prolongs a lease.
final class LeaseRenewal: RequestWork {
    private let exchange: Exchange
    private let path: FilePath
    private let token: String
    let upload: Upload?

    init(exchange: Exchange, path: FilePath, token: String) {
        self.exchange = exchange
        self.path = path
        self.token = token
        upload = exchange.gate.leaseUpload()
    }

    func start() {
        let leases = exchange.gate.leases
        do throws(ServiceError) {
            let ttl = try LeaseBody(upload, keys: ["ttl"]).ttl
            let lease = try leases.find(token, of: path)
            if let ttl { try leases.check(ttl) }
            leases.renew(lease, ttl ?? lease.ttl)
            exchange.answer(.lease(lease, status: 200))
        } catch {
            exchange.answer(error)
        }
    }

    func cancel() {}
}

/// What the body of a request for a lease, or for more of it, says.
struct LeaseBody {
    var mode = LockMode.exclusive
    /// Nil where the body says nothing.
    var ttl: Duration?
    var creates = false

    /// - Throws: `invalid`.
    init(_ upload: Upload?, keys: [String] = ["mode", "ttl", "create"]) throws(ServiceError) {
        guard let bytes = upload?.inMemory, !bytes.isEmpty else { return }
        guard case .object(let members) = try JSONTree(body: bytes) else {
            throw ServiceError(.invalid, "the body is a JSON object with \(keys.joined(separator: ", "))")
        }
        for member in members {
            let key = String(decoding: member.name, as: UTF8.self)
            guard keys.contains(key) else {
                throw ServiceError(.invalid, "the body has \"\(key)\"; it may have \(keys.joined(separator: ", "))")
            }
            switch (key, member.value) {
            case ("mode", let value):
                guard let text = value.text, let mode = LockMode(rawValue: text) else {
                    throw ServiceError(.invalid, "\"mode\" is \(value.summary), not \"shared\" or \"exclusive\"")
                }
                self.mode = mode
            case ("ttl", let value):
                guard let seconds = value.seconds else {
                    throw ServiceError(.invalid, "\"ttl\" is \(value.summary), not a number of seconds")
                }
                ttl = seconds
            case ("create", .boolean(let flag)): creates = flag
            default: throw ServiceError(.invalid, "\"\(key)\" is \(member.value.summary), not true or false")
            }
        }
        if creates && mode == .shared {
            throw ServiceError(
                .invalid, "a file cannot be made under a shared lease: \"create\" needs an exclusive one")
        }
    }
}

extension JSONTree {
    /// - Throws: `invalid` for what is no JSON.
    init(body bytes: [UInt8]) throws(ServiceError) {
        do throws(JSONError) {
            self = try bytes.withUnsafeBufferPointer { bytes throws(JSONError) in
                var reader = JSONReader(UnsafeRawBufferPointer(bytes))
                let tree = try JSONTree(&reader)
                try reader.end()
                return tree
            }
        } catch {
            throw ServiceError(.invalid, "the body is not JSON: \(error)")
        }
    }

    /// A number of seconds; nil of anything else, and of more than can be waited for.
    fileprivate var seconds: Duration? {
        guard case .number(let number) = self else { return nil }
        let value: Double? =
            switch number {
            case .integer(let integer): Double(integer)
            case .unsigned(let integer): Double(integer)
            case .other(let text): Double(text)
            }
        return value.flatMap { abs($0) < 1e9 ? .seconds($0) : nil }
    }
}

extension Leases {
    /// The lease of a token, which must be of that file.
    /// - Throws: `lease_lost`, `invalid`.
    func find(_ token: String, of path: FilePath) throws(ServiceError) -> Lease {
        let lease = try find(token)
        if lease.path == path { return lease }
        throw ServiceError(.invalid, "the lock token is of another file than \(path.text)")
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
