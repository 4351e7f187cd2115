/// Work that is begun before its result is asked for, and given up when nobody can ask any more.
final class Ahead<Success: Sendable>: Sendable {
    private let task: Task<Result<Success, HDF5ClientError>, Never>

    init(_ body: @escaping @Sendable () async throws(HDF5ClientError) -> Success) {
        task = Task {
            do throws(HDF5ClientError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
    }

    deinit { task.cancel() }

    /// The result; it is given up when the caller's task is cancelled.
    func value() async throws(HDF5ClientError) -> Success {
        let task = task
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        return try result.get()
    }
}
