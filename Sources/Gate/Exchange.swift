import CMicrohttpd
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Logging
import Routes

/// One request and its answer, from the first byte of its target to the last of its body.
///
/// While it is worked on its connection is suspended: it takes no thread, and only its turn takes a worker.
final class Exchange {
    private enum Phase { case begun, receiving, working, answered, ended }

    let gate: Gate
    let id: String
    let began = ContinuousClock.Instant.now
    /// When the request was there with its body.
    private(set) var received = ContinuousClock.Instant.now
    private let connection: OpaquePointer
    private var client: ClientConnection?
    private let rawTarget: [UInt8]
    private let targetEnd: UnsafePointer<CChar>
    private var phase = Phase.begun
    private var isSuspended = false
    private var response: Response?
    /// The body that is being made while it is sent.
    private weak var stream: (any BodyStream)?
    /// Why nothing more is sent.
    private(set) var abortReason: String?
    private var isCut = false
    private(set) var method = HTTPRequest.Method.get
    private(set) var fields: HTTPFields = [:]
    private var heldBytes = 0
    /// Bytes of the request's body that nobody wants, so far.
    private var discarded = 0
    /// Called where the answer could not be sent as a whole.
    var undelivered: (() -> Void)?
    /// What runs for this request; nil before it has been routed.
    private var work: (any RequestWork)?

    /// - Parameter end: Where the target's C string ends in the request line.
    init(gate: Gate, connection: OpaquePointer, target: [UInt8], end: UnsafePointer<CChar>) {
        targetEnd = end
        self.gate = gate
        self.connection = connection
        rawTarget = target
        id = gate.nextRequestID()
    }

    /// What libmicrohttpd's access handler calls: once for the head, for each piece of a body, and after a resumption.
    func handle(
        method: String, version: UnsafePointer<CChar>?, body: UnsafePointer<CChar>?, size: inout Int
    ) -> MHD_Result {
        if abortReason != nil { return .NO }
        switch phase {
        case .begun:
            start(method)
            // In the request line the version follows the target; where it does not, a NUL byte has cut the target.
            if version != targetEnd + 1 { answer(ServiceError(.invalid, TargetError.nulByte.message)) }
            if response == nil { prepare() }
            phase = .receiving
            // An answer to this first call costs the connection: libmicrohttpd takes it for one that refuses the rest of
            // the request, and closes. So it is for long bodies only.
            if response == nil || !isLong { return .YES }
        case .receiving:
            if size > 0 {
                defer { size = 0 }
                return receive(UnsafeRawBufferPointer(start: body, count: size))
            }
            begin()
        case .working, .answered, .ended: break
        }
        if let response { return queue(response) }
        suspend()
        return .YES
    }

    /// Takes the connection out of libmicrohttpd's work until `resume`.
    func suspend() {
        isSuspended = true
        MHD_suspend_connection(connection)
        if client?.hasLeft == true { clientLeft() }
    }

    private func resume() {
        guard isSuspended else { return }
        isSuspended = false
        gate.server.resume(connection)
    }

    private func start(_ name: String) {
        method = HTTPRequest.Method(name) ?? .init(rawValue: "INVALID") ?? .trace
        client = lh5_connection_context(connection).map {
            Unmanaged<ClientConnection>.fromOpaque($0).takeUnretainedValue()
        }
        client?.exchange = self
        if client?.hasLeft == true { endOfBodyLost() }
        for field in HTTPField.Name.read {
            guard let value = MHD_lookup_connection_value(connection, .HEADER_KIND, field.canonicalName) else {
                continue
            }
            fields[field] = String(cString: value)
        }
        gate.exchanges[ObjectIdentifier(self)] = self
    }

    private func header(_ name: HTTPField.Name) -> String? {
        MHD_lookup_connection_value(connection, .HEADER_KIND, name.canonicalName).map { String(cString: $0) }
    }

    /// The length of the body as the client tells it; nil where it tells none.
    var announcedLength: Int? { header(.contentLength).flatMap { Int($0) } }

    /// Whether the request has a body, or may have one.
    var hasBody: Bool { header(.transferEncoding) != nil || announcedLength ?? 0 > 0 }

    /// Whether the body is longer than what is read and thrown away.
    private var isLong: Bool {
        if header(.transferEncoding) != nil { return true }
        return announcedLength ?? 0 > gate.settings.discardedBody
    }

    /// Finds the route, and what is to be done, before the body comes.
    private func prepare() {
        do throws(ServiceError) {
            try route()
            guard let length = announcedLength else { return }
            if let upload = work?.upload { return try upload.expect(length) }
            if work != nil, isLong {
                throw ServiceError(.tooLarge, "the request's body has \(length) bytes; this route takes none")
            }
        } catch {
            answer(error)
        }
    }

    /// Takes a piece of the body. No answer can be queued before the body's end.
    private func receive(_ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        guard response == nil, let upload = work?.upload else {
            discarded += bytes.count
            let limit = work?.upload == nil ? gate.settings.discardedBody : gate.settings.refusedBody
            return discarded > limit ? .NO : .YES
        }
        do throws(ServiceError) {
            try upload.receive(bytes)
        } catch {
            answer(error)
        }
        return .YES
    }

    private func begin() {
        phase = .working
        received = .now
        if response != nil { return }
        if gate.isStopping { return answer(ServiceError(.unavailable, "the server is stopping")) }
        do throws(ServiceError) {
            try work?.upload?.complete()
            work?.start()
        } catch {
            answer(error)
        }
    }

    private func route() throws(ServiceError) {
        let target: RequestTarget
        do throws(TargetError) {
            target = try RequestTarget(parsing: rawTarget)
        } catch {
            throw ServiceError(.invalid, error.message)
        }
        switch gate.router.route(method, target) {
        case .unknown: throw ServiceError(.notFound, "no such resource; /openapi.json describes those there are")
        case .otherMethods(let methods): answerMethods(methods)
        case .match(let match):
            if match.route.isWrite && gate.settings.isReadOnly {
                throw ServiceError(.forbidden, "this server is read-only")
            }
            try match.route.check(target.query)
            _ = try lease()
            work = try gate.work(for: self, match: match, target: target)
        }
    }

    /// The lease under which the request is to run; nil where it names none.
    /// - Throws: `lease_lost`.
    func lease() throws(ServiceError) -> Lease? {
        try fields[.lockToken].map { token throws(ServiceError) in try gate.leases.find(token) }
    }

    /// Where the request comes from, without the port.
    var clientAddress: String { peerAddress(of: lh5_connection_socket(connection)) }

    /// Goes on with other work: the state of the file was another than when the request was routed.
    func goOn(with work: any RequestWork) {
        self.work = work
        work.start()
    }

    /// OPTIONS, or a method that the resource does not have.
    private func answerMethods(_ methods: [HTTPRequest.Method]) {
        let list = methods.map(\.rawValue).joined(separator: ", ")
        if method == .options {
            let head = ResponseHead(status: 204, fields: [.allow: list])
            return answer(Response(head: head, body: .bytes([])))
        }
        let error = ServiceError(.invalid, "\(method.rawValue) is not a method of this resource; it has \(list)")
        answer(error, status: 405, fields: [.allow: list])
    }

    // MARK: Answering

    func answer(_ error: ServiceError, status: Int? = nil, fields: HTTPFields = [:]) {
        let failure = WorkerAnswer.failure(error, requestID: id)
        var head = failure.head
        if let status { head.status = status }
        head.fields.append(contentsOf: fields)
        if error.code == .locked || error.code == .unavailable { head.fields[.retryAfter] = "1" }
        guard case .complete(let bytes) = failure.body else { return }
        if head.status >= 500 { gate.log.warning("\(id): \(error.description.printable)") }
        answer(Response(head: head, body: .bytes(bytes)))
    }

    /// The answer is there: it is queued at once, or when the connection has been resumed.
    func answer(_ response: Response) {
        guard self.response == nil, phase != .ended else { return response.body.discard() }
        var response = response
        response.head.fields[.requestID] = id
        addPreference(to: &response.head.fields)
        gate.cors.add(to: &response.head.fields, request: fields, method: method)
        if case .stream(let stream, _) = response.body {
            stream.onReady = { [weak self] in self?.resume() }
            self.stream = stream
        }
        self.response = response
        resume()
    }

    private func addPreference(to fields: inout HTTPFields) {
        guard let wait = Prefer.waitSeconds(self.fields[.prefer]) else { return }
        let seconds = min(wait, Int(gate.settings.maximumWait.components.seconds))
        fields[.preferenceApplied] = "wait=\(seconds)"
    }

    private func queue(_ response: Response) -> MHD_Result {
        phase = .answered
        // libmicrohttpd has its own copy of the bytes, or the stream; the head is kept for the log.
        self.response?.body = .headOnly(length: nil)
        return response.queue(on: connection, of: self)
    }

    /// Counts bytes that the answer keeps in memory until it is sent. Short answers are never refused.
    /// - Throws: `unavailable` where other answers take too much.
    func hold(bytes: Int) throws(ServiceError) {
        guard bytes <= 64 << 10 || bytes <= gate.settings.answerMemory - gate.answerBytes else {
            throw ServiceError(.unavailable, "too many large answers are being sent; try again")
        }
        heldBytes += bytes
        gate.answerBytes += bytes
    }

    // MARK: The end

    /// The client has closed its side just now.
    func clientClosedItsSide() {
        if phase == .answered { stream?.clientClosedItsSide() }
        clientLeft()
    }

    /// The client has closed its side. Work that does not end by itself soon is given up.
    func clientLeft() {
        if phase == .receiving { return endOfBodyLost() }
        guard isSuspended || phase == .answered else { return }
        gate.loop.after(.milliseconds(100)) { [weak self] in
            guard let self, self.isSuspended, self.phase == .working || self.hasHungUp else { return }
            self.abort("the client has left")
        }
    }

    /// The client has closed its side before the body's end, unless that is still on its way to us.
    ///
    /// libmicrohttpd overlooks an end that came together with the last bytes: its events are of edges.
    private func endOfBodyLost() {
        gate.loop.after(.milliseconds(100)) { [weak self] in
            guard let self, self.phase == .receiving else { return }
            let socket = lh5_connection_socket(self.connection)
            var waiting: Int32 = 0
            if ioctl(socket, UInt(FIONREAD), &waiting) == 0 && waiting > 0 { return self.endOfBodyLost() }
            self.abortReason = "the client has left"
            self.reset()
        }
    }

    /// The connection ends with a reset, so that also a client that reads to the end takes the body for broken.
    private func reset() {
        // > A TCP socket that is dissolved by connecting to AF_UNSPEC is reset (connect(2), tcp(7)).
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        connect(lh5_connection_socket(connection), &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Whether the connection is closed both ways: a client may close its own side and still read a body.
    private var hasHungUp: Bool {
        var descriptor = pollfd(fd: lh5_connection_socket(connection), events: Int16(POLLOUT), revents: 0)
        return poll(&descriptor, 1, 0) > 0 && Int32(descriptor.revents) & (POLLHUP | POLLERR) != 0
    }

    /// Gives the work up and closes the connection.
    func abort(_ reason: String) {
        abortReason = reason
        if phase == .working { work?.cancel() }
        resume()
    }

    /// Cuts the connection, also where the client does not take what is sent.
    func cut(_ reason: String) {
        abortReason = reason
        bodyFailed(reason)
        resume()
    }

    /// A streamed body cannot be completed: its connection is being cut.
    func bodyFailed(_ reason: String) {
        if isCut { return }
        isCut = true
        gate.log.warning("\(id): the body was cut: \(reason.printable)")
        reset()
    }

    func completed(_ code: MHD_RequestTerminationCode) {
        if phase == .working || phase == .receiving { work?.cancel() }
        if code != .REQUEST_TERMINATED_COMPLETED_OK { undelivered?() }
        // The connection may have ended before an answer could be queued.
        response?.body.discard()
        phase = .ended
        work = nil
        gate.answerBytes -= heldBytes
        gate.exchanges[ObjectIdentifier(self)] = nil
        gate.log.info(
            "request",
            metadata: [
                "id": "\(id)", "method": "\(method.rawValue)",
                "target": "\(Leases.withoutTokens(rawTarget).printable)",
                "status": "\(response?.head.status ?? 0)", "microseconds": "\((.now - began) / .microseconds(1))",
                "end": "\(abortReason ?? (code == .REQUEST_TERMINATED_COMPLETED_OK ? "sent" : "cut"))",
            ])
        gate.exchangeEnded()
    }
}

/// What a route does for a request.
protocol RequestWork: AnyObject {
    /// Takes the request's body; nil where the route takes none.
    var upload: Upload? { get }
    /// The whole request is there.
    func start()
    /// The client has left, or the server stops: nothing more is answered.
    func cancel()
}

extension RequestWork {
    var upload: Upload? { nil }
}
