import H5Model
import HTTPMessage
import HTTPTypes
import Routes

extension Gate {
    /// What a request about locks has to do; nil where it has been answered at once.
    func lease(
        _ exchange: Exchange, _ route: Route, _ subject: Subject
    ) throws(ServiceError) -> (any RequestWork)? {
        switch route.operation {
        case .acquireLease:
            try checkRoom()
            return LeaseWork(exchange: exchange, path: try fileToLease(subject))
        case .renewLease:
            let (path, token) = try leaseNamed(by: subject)
            _ = try leases.find(token, of: path)
            return LeaseRenewal(exchange: exchange, path: path, token: token)
        case .releaseLease:
            let (path, token) = try leaseNamed(by: subject)
            leases.end(try leases.find(token, of: path))
            exchange.answer(Response(head: ResponseHead(status: 204), body: .bytes([])))
            return nil
        default:
            exchange.answer(try locks(subject))
            return nil
        }
    }

    // GET /v1/locks/FILE or /v1/locks/FILE/TOKEN
    private func locks(_ subject: Subject) throws(ServiceError) -> Response {
        let names = try subject.fileNames()
        if subject.query.first("token") != nil || leases.isToken(names.last, behind: FilePath(names.dropLast())) {
            let (path, token) = try leaseNamed(by: subject)
            return .lease(try leases.find(token, of: path), status: 200)
        }
        if leases.reservation(of: names) != nil { return try LockListing(gate: self, path: names).response() }
        let found: ServedRoot.Found
        do throws(ServiceError) {
            found = try root.find(names)
        } catch {
            // The file of a lease that has ended may be gone.
            throw error.code == .notFound && names.last.map(Leases.looksLikeToken) == true ? Lease.lost : error
        }
        guard found.kind == .file else {
            throw ServiceError(.wrongKind, "\(found.path.text) is a directory, which has no lock")
        }
        // What stands behind a file is a token, if no longer a valid one.
        if !found.rest.isEmpty { throw Lease.lost }
        return try LockListing(gate: self, path: found.path).response()
    }

    /// A file that is there, or is to be made under the lease.
    private func fileToLease(_ subject: Subject) throws(ServiceError) -> FilePath {
        let names = try subject.fileNames()
        if names.isEmpty { throw ServiceError(.invalid, "no file is named; \(NativeRoutes.locks)/FILE or ?file=FILE") }
        if subject.namesDirectory { throw ServiceError(.wrongKind, "\(names.text) is a directory, which has no lock") }
        do throws(ServiceError) {
            return try subject.file(in: root)
        } catch {
            // The body, which is still to come, tells whether it is to be made.
            guard error.code == .notFound else { throw error }
            return names
        }
    }

    private func leaseNamed(by subject: Subject) throws(ServiceError) -> (FilePath, String) {
        let names = try subject.fileNames()
        if !names.isEmpty, let token = try subject.query.utf8("token") { return (names, token) }
        guard names.count > 1, let token = names.last else {
            throw ServiceError(
                .invalid, "no lease is named; \(NativeRoutes.locks)/FILE/TOKEN or ?file=FILE&token=TOKEN")
        }
        return (FilePath(names.dropLast()), String(decoding: token, as: UTF8.self))
    }
}

extension Leases {
    static func looksLikeToken(_ name: [UInt8]) -> Bool {
        name.count == 32 && name.allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }

    /// Whether the name is the token of a lease of that file.
    func isToken(_ name: [UInt8]?, behind path: FilePath) -> Bool {
        guard let name, let lease = try? find(String(decoding: name, as: UTF8.self)) else { return false }
        return lease.path == path
    }
}
