import Dispatch
import Synchronization

/// Waits in a thread without tasks for what an asynchronous call gives.
///
/// The program's entry is synchronous: a process that is going to fork may have no other thread.
func waitFor<Success: Sendable>(_ body: @escaping @Sendable () async throws -> Success) throws -> Success {
    let done = DispatchSemaphore(value: 0)
    let outcome = Outcome<Success>()
    Task {
        do {
            let success = try await body()
            outcome.result.withLock { $0 = .success(success) }
        } catch {
            outcome.result.withLock { $0 = .failure(error) }
        }
        done.signal()
    }
    done.wait()
    guard let result = outcome.result.withLock({ $0 }) else {
        preconditionFailure("a task ended without a result")
    }
    return try result.get()
}

private final class Outcome<Success: Sendable>: Sendable {
    let result = Mutex<Result<Success, any Error>?>(nil)
}
