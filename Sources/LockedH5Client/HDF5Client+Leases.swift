import H5Model
import HTTPMessage
import HTTPTypes

extension HDF5Client {
    /// Who holds locks of a file, and who waits for one; no lock is taken for that.
    public func locks(
        of file: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> LockStatus {
        try await describe(ResourceTarget(locksOf: file), options)
    }

    /// Longest wait of one request: beyond it an answer without a byte counts as none.
    private static let longestWait = Duration.seconds(60)

    /// Takes a lease.
    ///
    /// The server bounds the wait of one request, so that a longer one takes several.
    func acquireLease(
        _ file: ServedPath, _ mode: LockMode, wait: Duration?, timeToLive: Duration?, isCreating: Bool
    ) async throws(HDF5ClientError) -> Lease {
        let start = clock.now
        while true {
            let asked = clock.now
            let left = wait.map { $0 - (asked - start) }
            do throws(HDF5ClientError) {
                let options = CallOptions(wait: left.map { min($0, Self.longestWait) })
                return try await requestLease(file, mode, timeToLive: timeToLive, isCreating: isCreating, options)
            } catch {
                guard error.code == .locked, let wait, clock.now - start < wait else { throw error }
                try await pause(until: min(asked + .seconds(1), start + wait))
            }
        }
    }

    private func requestLease(
        _ file: ServedPath, _ mode: LockMode, timeToLive: Duration?, isCreating: Bool, _ options: CallOptions
    ) async throws(HDF5ClientError) -> Lease {
        let body = JSONWriter.object { json in
            json.key("mode")
            json.string(mode.rawValue)
            if let timeToLive {
                json.key("ttl")
                json.raw("\(timeToLive / .seconds(1))")
            }
            if isCreating {
                json.key("create")
                json.bool(true)
            }
        }
        // Of two leases one is forgotten, and ends by itself: until then the other is waited for.
        let wish = Change(
            method: .post, target: ResourceTarget(locksOf: file), body: .json(body), repetition: .reads)
        let description: LeaseDescription = try await send(wish, options).decode()
        return Lease(description, file: file, mode: mode)
    }

    /// Lets a lease begin anew.
    /// - Returns: Its time to live from now on.
    func renew(_ lease: Lease) async throws(HDF5ClientError) -> Duration {
        let target = ResourceTarget(locksOf: lease.file, token: lease.token)
        let description: LeaseDescription = try await send(
            Change(target: target, repetition: .reads), CallOptions(retry: .never)
        ).decode()
        return description.timeToLive
    }

    /// Ends a lease.
    func release(_ lease: Lease) async throws(HDF5ClientError) {
        let target = ResourceTarget(locksOf: lease.file, token: lease.token)
        _ = try await send(
            Change(method: .delete, target: target, repetition: .reads), CallOptions(retry: .never))
    }

    func pause(until moment: Duration) async throws(HDF5ClientError) {
        do {
            try await clock.sleep(until: moment)
        } catch {
            throw HDF5ClientError(.transport(TransportFailure(error)))
        }
    }
}

extension JSONWriter {
    /// The text of one object.
    static func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(body)
        return writer.bytes
    }
}
