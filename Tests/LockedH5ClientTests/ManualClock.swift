import Synchronization

@testable import LockedH5Client

/// A clock whose time passes when the test says so.
final class ManualClock: LeaseClock {
    private struct Sleeper {
        var moment: Duration
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        var moment: Duration
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Duration.zero
        var count = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var watchers: [Watcher] = []
    }

    private let state = Mutex(State())

    var now: Duration { state.withLock { $0.now } }

    func sleep(until moment: Duration) async throws {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (result, seen) = state.withLock { state -> (Result<Void, any Error>?, [Watcher]) in
                    if state.cancelled.contains(id) { return (.failure(CancellationError()), []) }
                    if moment <= state.now { return (.success(()), []) }
                    state.sleepers[id] = Sleeper(moment: moment, continuation: continuation)
                    let seen = state.watchers.filter { $0.moment >= moment }
                    state.watchers.removeAll { $0.moment >= moment }
                    return (nil, seen)
                }
                if let result { continuation.resume(with: result) }
                for watcher in seen { watcher.continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(id)
                return state.sleepers.removeValue(forKey: id)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Sleeps until it is cancelled.
    func sleepForever() async throws {
        try await sleep(until: .seconds(1_000_000))
    }

    /// Waits until somebody sleeps until that moment or an earlier one.
    func waitForSleeper(by moment: Duration) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.values.contains(where: { $0.moment <= moment }) { return true }
                state.watchers.append(Watcher(moment: moment, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Waits for such a sleeper, and lets the time pass to that moment.
    func advance(to moment: Duration) async {
        await waitForSleeper(by: moment)
        let woken = state.withLock { state in
            state.now = moment
            let woken = state.sleepers.filter { $0.value.moment <= moment }
            for id in woken.keys { state.sleepers[id] = nil }
            return woken.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }
}
