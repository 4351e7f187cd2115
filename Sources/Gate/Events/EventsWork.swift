import H5Model
import HTTPMessage
import HTTPTypes
import Routes

/// A request that listens to a directory or a file: it is answered when everything there is watched.
final class EventsWork: RequestWork {
    private let exchange: Exchange
    private let gate: Gate
    private let found: ServedRoot.Found
    private let after: String?
    private var isEnded = false

    /// - Parameter after: The last id that the client has seen, as the query says it; the field `Last-Event-ID` is newer.
    init(exchange: Exchange, found: ServedRoot.Found, after: String?) {
        self.exchange = exchange
        gate = exchange.gate
        self.found = found
        let last = [exchange.fields[.lastEventID], after].compactMap(\.self)
        self.after = last.first { !$0.isEmpty }
    }

    func start() {
        if exchange.method == .head {
            return exchange.answer(Response(head: Self.head, body: .headOnly(length: nil)))
        }
        do throws(ServiceError) {
            try gate.events.listen(to: found.path, after: after, isDirectory: found.kind == .directory) {
                result in
                self.answer(result)
            }
        } catch {
            exchange.answer(error)
        }
    }

    func cancel() {
        isEnded = true
    }

    private func answer(_ result: Result<EventStream, ServiceError>) {
        switch result {
        case .success(let stream) where isEnded: stream.close()
        case .failure where isEnded: break
        case .failure(let error): exchange.answer(error)
        case .success(let stream):
            stream.exchange = exchange
            exchange.answer(Response(head: Self.head, body: .stream(stream, length: nil)))
        }
    }

    /// Proxies are not to keep events back.
    private static var head: ResponseHead {
        let fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no"]
        return ResponseHead(status: 200, fields: fields)
    }
}

extension Gate {
    // GET /v1/events/DIR/ or /v1/events/FILE
    func listening(_ exchange: Exchange, _ subject: Subject) throws(ServiceError) -> any RequestWork {
        let found = try root.find(try subject.fileNames())
        guard found.rest.isEmpty else {
            throw ServiceError(
                .notFound, "no file \((found.path + found.rest).text): \(found.path.text) is a file, not a directory")
        }
        return EventsWork(exchange: exchange, found: found, after: try subject.query.utf8("after"))
    }
}
