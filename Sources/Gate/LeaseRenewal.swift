import H5Model
import HTTPMessage

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
