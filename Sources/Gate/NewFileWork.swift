import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import WorkerMessage

/// A request that makes an HDF5 file where there is none: it gets its name when a worker has made it complete.
final class NewFileWork: RequestJob {
    let exchange: Exchange
    private let gate: Gate
    private let file: NewFile
    private let request: WorkerRequest
    private let body: Upload?
    private let media: WorkerRequest.Content.Media?
    /// The work to go on with where the name has been taken meanwhile.
    private let elsewise: (Upload?) throws(ServiceError) -> any RequestWork
    private(set) var isEnded = false

    init(
        exchange: Exchange, file: NewFile, request: WorkerRequest, media: WorkerRequest.Content.Media?,
        elsewise: @escaping (Upload?) throws(ServiceError) -> any RequestWork
    ) {
        self.exchange = exchange
        gate = exchange.gate
        self.file = file
        self.request = request
        self.media = media
        body = media.map { exchange.gate.upload(of: $0) }
        self.elsewise = elsewise
    }

    var upload: Upload? { body }

    func start() {
        gate.pool.submit(self)
    }

    func cancel() {
        isEnded = true
        _ = gate.pool.kill(self)
    }

    func prepare() -> WorkerTask? {
        isEnded ? nil : request.task(file: file.descriptor.number, stamp: nil, media, body)
    }

    func ready(takesMore: Bool) -> CommitDecision { isEnded ? .refuse : .commit }

    func finish(_ outcome: WorkerOutcome) {
        if case .reply(_, let memoryFile?) = outcome { close(memoryFile) }
        if isEnded { return }
        do throws(ServiceError) {
            try outcome.check("made \(file.place.path.text)")
            guard try file.publish() else {
                isEnded = true
                return exchange.goOn(with: try elsewise(body))
            }
            let stamp = try gate.noteCommit(file.descriptor.number, file.place.path)
            file.unlock()
            isEnded = true
            let entry = FileEntry(path: file.place.path, isDirectory: false, stamp: stamp)
            let response = entry.response(status: 201, tag: gate.tag(of: stamp))
            gate.answer(exchange, response, afterChanging: [file.place])
        } catch {
            fail(error)
        }
    }

    func fail(_ error: ServiceError) {
        isEnded = true
        exchange.answer(error)
    }
}

extension WorkerOutcome {
    /// - Parameter task: What the worker did, after "the worker that".
    /// - Throws: The worker's refusal; `worker_failed`, `timeout`.
    func check(_ task: String) throws(ServiceError) {
        switch self {
        case .reply(let received, _): _ = try received.reply.result.get()
        case .lost: throw ServiceError(.workerFailed, "the worker that \(task) was lost; try again")
        case .died: throw ServiceError(.workerFailed, "the worker that \(task) ended unexpectedly")
        case .killed: throw ServiceError(.timeout, "the worker that \(task) took too long")
        }
    }
}
