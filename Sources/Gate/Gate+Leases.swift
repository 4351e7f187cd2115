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
        let mayBeToken = names.last.map(Leases.looksLikeToken) == true && !locks.exists(names)
        if subject.query.first("token") != nil || mayBeToken {
            let (path, token) = try leaseNamed(by: subject)
            return .lease(try leases.find(token, of: path), status: 200)
        }
        if leases.reservation(of: names) != nil { return try LockListing(gate: self, path: names).response() }
        let found = try root.find(names)
        guard found.kind == .file else {
            throw ServiceError(.wrongKind, "\(found.path.text) is a directory, which has no lock")
        }
        // One name behind a file is a token, if no valid one.
        if found.rest.count == 1 { throw Lease.lost }
        if !found.rest.isEmpty {
            throw ServiceError(
                .notFound, "\(found.path.text) is a file, and locks are of files, not of what is in them")
        }
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
    /// The lease of a token, which must be of that file.
    /// - Throws: `lease_lost`, `invalid`.
    func find(_ token: String, of path: FilePath) throws(ServiceError) -> Lease {
        let lease = try find(token)
        guard covers(lease, path) else {
            throw ServiceError(.invalid, "the lock token is of another file than \(path.text)")
        }
        return lease
    }

    /// A request's target for the log, in which what may be a token is left out: whoever has one has the lock.
    static func withoutTokens(_ target: [UInt8]) -> String {
        let text = String(decoding: target, as: UTF8.self)
        // Escaped, a token looks like anything.
        if text.hasPrefix(NativeRoutes.locks) && text.contains("%") { return NativeRoutes.locks + "/..." }
        var parts: [Substring] = [""]
        for character in text {
            if "/?&=;,".contains(character) {
                parts += ["\(character)", ""]
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts.map { looksLikeToken(Array($0.lowercased().utf8)) ? "..." : $0 }.joined()
    }

    static func looksLikeToken(_ name: [UInt8]) -> Bool {
        name.count == 32 && name.allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }
}
