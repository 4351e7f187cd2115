import Synchronization

@testable import LockedH5Client

/// A clock whose time is over as soon as somebody sleeps, and which tells how long that was to be.
final class InstantClock: LeaseClock {
    private let state = Mutex((now: Duration.zero, pauses: [Duration]()))

    var now: Duration { state.withLock { $0.now } }
    var pauses: [Duration] { state.withLock { $0.pauses } }

    func sleep(until moment: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.pauses.append(moment - state.now)
            state.now = max(moment, state.now)
        }
    }
}
