import H5Model

/// Keeps a lease from ending, in the background, until it is cancelled or the lease is lost.
struct LeaseRenewal: Sendable {
    private let client: HDF5Client
    private let lease: Lease
    /// When the lease ends without a renewal.
    private let end: Duration

    /// - Parameter client: Calls of its are not sent under the lease: a renewal does not wait for other requests.
    init(_ lease: Lease, of client: HDF5Client) {
        self.client = client
        self.lease = lease
        end = client.clock.now + lease.timeToLive
    }

    /// Renews the lease whenever a third of its time has passed; returns when it is lost or the task is cancelled.
    func run() async {
        var end = end
        while lease.loss == nil, !Task.isCancelled {
            try? await client.clock.sleep(until: end - lease.timeToLive * 2 / 3)
            if !Task.isCancelled { end = await renewed(end) }
        }
    }

    /// Renews the lease once. Every failure but the answer that it is lost may pass, so that it is tried again until the
    /// lease's end, in growing, random pauses.
    /// - Returns: The end that the lease has then.
    private func renewed(_ end: Duration) async -> Duration {
        var pause = min(lease.timeToLive / 60, .seconds(1))
        var cause = "the server has not answered"
        while !Task.isCancelled, lease.loss == nil {
            let start = client.clock.now
            if start >= end {
                lease.lose(ended(cause))
                return end
            }
            switch await attempt(min(end - start, lease.timeToLive / 3)) {
            case .success(let time): return start + time
            case .failure(let error) where error.code == .leaseLost: lease.lose(error)
            case .failure(let error): cause = "\(error)"
            case nil: break
            }
            try? await client.clock.sleep(until: min(client.clock.now + pause * .random(in: 0.5...1), end))
            pause = min(pause * 2, lease.timeToLive / 12)
        }
        return end
    }

    /// One request, which must not take all of the time that is left for others.
    private func attempt(_ limit: Duration) async -> Result<Duration, HDF5ClientError>? {
        await client.clock.limit(limit) { () throws(HDF5ClientError) in try await client.renew(lease) }
    }

    private func ended(_ cause: String) -> HDF5ClientError {
        HDF5ClientError(.leaseEnded("the lease of \(lease.file) has ended before it could be renewed: \(cause)"))
    }
}
