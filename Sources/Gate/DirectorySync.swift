import Glibc
import H5Model
import RedoLog
import Routes
import WorkerMessage

/// Waits in a worker until the names in directories are on the disk.
final class DirectorySync: WorkerJob {
    private let places: [Place]
    private let pool: WorkerPool
    private let completion: (Result<Void, ServiceError>) -> Void
    private var tries = 0

    fileprivate init(
        _ places: [Place], _ pool: WorkerPool, _ completion: @escaping (Result<Void, ServiceError>) -> Void
    ) {
        self.places = places
        self.pool = pool
        self.completion = completion
    }

    func waits() {}

    func prepare() -> WorkerTask? {
        let request = WorkerRequest(
            operation: .synchronizeDirectory, file: places.first?.path.joinedBytes ?? [], object: .root)
        return WorkerTask(message: request.encoded(), descriptors: places.map(\.directory.number))
    }

    func finish(_ outcome: WorkerOutcome) {
        if case .reply(_, let memoryFile?) = outcome { close(memoryFile) }
        tries += 1
        do throws(ServiceError) {
            try outcome.check("wrote a directory to the disk")
            completion(.success(()))
        } catch {
            // Whatever ended the worker, the names are there: another one can wait for the disk as well.
            if outcome.isEnd && tries < 3 { return pool.submit(self, atFront: true) }
            var error = error
            error.message += "; the change was made all the same, but a power cut could undo it"
            completion(.failure(error))
        }
    }
}

extension Gate {
    /// Calls `completion` when a change of names is as durable as the server's commits are.
    func synchronize(_ places: [Place], _ completion: @escaping (Result<Void, ServiceError>) -> Void) {
        guard settings.durability == .power else { return completion(.success(())) }
        pool.submit(DirectorySync(places, pool, completion), atFront: true)
    }

    /// Answers when a change of names is durable.
    func answer(_ exchange: Exchange, _ response: Response, afterChanging places: [Place]) {
        synchronize(places) { result in
            switch result {
            case .success: exchange.answer(response)
            case .failure(let error):
                response.body.discard()
                exchange.answer(error)
            }
        }
    }
}
