public import H5Model

extension HDF5Client {
    /// Runs `body` while a lease holds the file's lock: what it reads through `file` nobody changes meanwhile, and under
    /// an exclusive one nobody else reads what it has half written.
    ///
    /// The lease is renewed in the background whenever a third of its time has passed, and released when the body ends,
    /// also when that throws or the task is cancelled. So `timeToLive` does not bound the body; it is the time after
    /// which others get the file when this process has died, or the network between it and the server.
    ///
    /// A lease can be lost: to such an interruption, to a restart of the server, to another program that replaces the
    /// file. As soon as that is known, the body's task is cancelled, and when the body has ended `withFile` throws an
    /// error whose code is `leaseLost`, whatever the body returned or threw. Each change that was answered is in the file
    /// then, and nothing of later ones.
    ///
    /// ```swift
    /// let sum = try await client.withFile("run1.h5", .exclusive) { file in
    ///     var counts = try await file.read("/counts", as: Int.self)
    ///     counts[0] += 1
    ///     try await file.write(counts, to: "/counts")
    ///     return counts.reduce(0, +)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - mode: `shared` for reading beside other readers, `exclusive` for everything else.
    ///   - wait: How long to wait for the lock; zero tries once, nil leaves it to the server.
    ///   - timeToLive: From 1 s to the server's maximum; nil leaves it to the server.
    ///   - isCreating: Take the lease also where there is no such file yet, which then nobody else can make.
    ///   - body: Runs in a task of its own.
    /// - Throws: What `body` throws, and `HDF5ClientError`: `locked` when the wait is over; `leaseLost`; a `transport`
    ///   error also where no answer told whether the lease lasted to the body's end.
    public func withFile<Success: Sendable>(
        _ file: ServedPath, _ mode: LockMode, wait: Duration? = nil, ttl timeToLive: Duration? = nil,
        creating isCreating: Bool = false, _ body: @escaping @Sendable (LeasedFile) async throws -> Success
    ) async throws -> Success {
        let lease = try await acquireLease(
            file, mode, wait: wait, timeToLive: timeToLive, isCreating: isCreating)
        let renewal = LeaseRenewal(lease, of: self)
        let renewing = Task { await renewal.run() }
        let outcome = await outcome(of: body, LeasedFile(client: HDF5Client(self, under: lease), lease: lease))
        renewing.cancel()
        await renewing.value
        if let loss = lease.loss { throw outcome.failure(with: .leaseLost) ?? loss }
        let released = await releaseInTime(lease)
        if case .failure(let error) = released, error.code == .leaseLost { throw error }
        let success = try outcome.get()
        try released.get()
        return success
    }

    /// What the body returns or throws; it is cancelled when the lease is lost.
    private func outcome<Success: Sendable>(
        of body: @escaping @Sendable (LeasedFile) async throws -> Success, _ file: LeasedFile
    ) async -> Result<Success, any Error> {
        await withTaskGroup(of: Result<Success, any Error>?.self) { group in
            group.addTask {
                do {
                    return .success(try await body(file))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                await file.lease.waitForLoss()
                return nil
            }
            var outcome: Result<Success, any Error> = .failure(CancellationError())
            for await ended in group {
                if let ended { outcome = ended }
                group.cancelAll()
            }
            return outcome
        }
    }

    /// The longest time that the end of a lease may take; after that it ends by itself.
    private static let releaseTime = Duration.seconds(10)

    /// Releases a lease, also in a task that has been cancelled.
    private func releaseInTime(_ lease: Lease) async -> Result<Void, HDF5ClientError> {
        let releasing = Task {
            await clock.limit(min(Self.releaseTime, lease.timeToLive)) { () throws(HDF5ClientError) in
                try await release(lease, trying: 3)
            }
        }
        let silence = TransportFailure(.timedOut, "the server has not answered to the end of the lease in time")
        return await releasing.value ?? .failure(HDF5ClientError(.transport(silence)))
    }

    /// Tries again where there was no answer.
    private func release(_ lease: Lease, trying attempts: Int) async throws(HDF5ClientError) {
        var unanswered: HDF5ClientError?
        for attempt in 1...attempts {
            do throws(HDF5ClientError) {
                return try await release(lease)
            } catch {
                // After an attempt without an answer a lost lease may be one that it has released.
                guard case .transport = error.reason else { throw unanswered ?? error }
                unanswered = error
            }
            if attempt < attempts { try await pause(until: clock.now + .seconds(.random(in: 0.1...0.5))) }
        }
        if let unanswered { throw unanswered }
    }
}

extension Result {
    /// The client's error with that code, which tells more of a loss than the loss alone.
    fileprivate func failure(with code: ErrorCode) -> HDF5ClientError? {
        guard case .failure(let error as HDF5ClientError) = self, error.code == code else { return nil }
        return error
    }
}
