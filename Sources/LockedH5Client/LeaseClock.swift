/// What a lease takes from the world's time, so that a test can let it pass by itself.
protocol LeaseClock: Sendable {
    /// The time since some fixed moment; it also counts while the machine is suspended, as leases end then too.
    var now: Duration { get }

    /// Returns when that moment has come, or throws when the task is cancelled.
    func sleep(until moment: Duration) async throws
}

extension LeaseClock {
    /// Returns when that time has passed, or throws when the task is cancelled.
    func sleep(for time: Duration) async throws {
        try await sleep(until: now + time)
    }

    /// What `body` gives, or nil when it took longer than `time`; then it is cancelled.
    func limit<Success: Sendable>(
        _ time: Duration, _ body: @escaping @Sendable () async throws(HDF5ClientError) -> Success
    ) async -> Result<Success, HDF5ClientError>? {
        await withTaskGroup(of: Result<Success, HDF5ClientError>?.self) { group in
            group.addTask {
                do throws(HDF5ClientError) {
                    return .success(try await body())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await sleep(for: time)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}

/// The system's clock.
struct SystemClock: LeaseClock {
    private static let start = ContinuousClock.now

    var now: Duration { Self.start.duration(to: .now) }

    func sleep(until moment: Duration) async throws {
        try await Task.sleep(until: Self.start.advanced(by: moment), clock: .continuous)
    }
}
