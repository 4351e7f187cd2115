import Synchronization

@testable import LockedH5Client

/// A clock whose time is over as soon as somebody sleeps, and which tells how long that was to be.
final class InstantClock: LeaseClock {
    private let longest: Duration
    private let state = Mutex((now: Duration.zero, pauses: [Duration]()))

    var now: Duration { state.withLock { $0.now } }
    var pauses: [Duration] { state.withLock { $0.pauses } }

    /// - Parameter longest: Who sleeps longer sleeps until the task is cancelled.
    init(longest: Duration = .seconds(1_000_000)) {
        self.longest = longest
    }

    func sleep(until moment: Duration) async throws {
        try Task.checkCancellation()
        if moment - now > longest {
            let (never, continuation) = AsyncStream<Never>.makeStream()
            for await _ in never {}
            withExtendedLifetime(continuation) {}
            throw CancellationError()
        }
        state.withLock { state in
            state.pauses.append(moment - state.now)
            state.now = max(moment, state.now)
        }
    }
}
