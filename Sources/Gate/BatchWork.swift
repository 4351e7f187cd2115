import Glibc
import H5Model
import HTTPTypes
import Routes
import WorkerMessage

/// A list of requests about one file: a worker tells which lock they need, then they are done like one request.
final class BatchWork: RequestJob {
    let exchange: Exchange
    private let gate: Gate
    private let path: FilePath
    private let route: Route
    private let request: WorkerRequest
    private let media: WorkerRequest.Content.Media
    private let body: Upload
    private(set) var isEnded = false

    init(
        exchange: Exchange, path: FilePath, route: Route, request: WorkerRequest, media: WorkerRequest.Content.Media
    ) {
        self.exchange = exchange
        gate = exchange.gate
        self.path = path
        self.route = route
        self.request = request
        self.media = media
        body = exchange.gate.upload(of: media)
    }

    var upload: Upload? { body }

    func start() {
        gate.pool.submit(self)
    }

    func cancel() {
        isEnded = true
        _ = gate.pool.kill(self)
    }

    func fail(_ error: ServiceError) {
        isEnded = true
        exchange.answer(error)
    }

    func prepare() -> WorkerTask? {
        if isEnded { return nil }
        var inspection = request
        inspection.operation = .inspectBatch
        return inspection.task(file: nil, stamp: nil, media, body)
    }

    func finish(_ outcome: WorkerOutcome) {
        if case .reply(_, let memoryFile?) = outcome { close(memoryFile) }
        if isEnded { return }
        do throws(ServiceError) {
            try outcome.check("read the batch")
            guard let mode = outcome.lockMode else { throw ServiceError(.internal, "a worker told no lock's mode") }
            isEnded = true
            exchange.goOn(with: try work(mode))
        } catch {
            fail(error)
        }
    }

    private func work(_ mode: LockMode) throws(ServiceError) -> any RequestWork {
        var request = request
        request.hasSharedLock = mode == .shared
        if mode == .shared {
            return ReadWork(exchange: exchange, path: path, route: route, request: request, media: media, body: body)
        }
        if gate.settings.isReadOnly { throw ServiceError(.forbidden, "this server is read-only") }
        return WriteWork(exchange: exchange, path: path, route: route, request: request, media: media, body: body)
    }
}

extension WorkerOutcome {
    /// What a worker that looked at a batch says.
    fileprivate var lockMode: LockMode? {
        guard case .reply(let received, _) = self, case .success(let answer) = received.reply.result,
            case .complete(let word) = answer.body
        else { return nil }
        return LockMode(rawValue: String(decoding: word, as: UTF8.self))
    }
}
