import H5Model

/// A request that a worker does.
protocol RequestJob: RequestWork, WorkerJob {
    var exchange: Exchange { get }
    /// Answered, or not wanted any more.
    var isEnded: Bool { get }
    func fail(_ error: ServiceError)
}

extension RequestJob {
    func waits() {
        if isEnded { return }
        do throws(ServiceError) {
            try exchange.checkPatience()
        } catch {
            fail(error)
        }
    }
}
