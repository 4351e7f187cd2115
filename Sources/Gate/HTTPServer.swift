import CMicrohttpd
import Glibc
import Logging

/// A client's connection, as long as it is open: notices that the client has left while no answer is being sent.
final class ClientConnection {
    private let loop: EventLoop
    private var watch: EventLoop.WatchID?
    /// Told once, perhaps before the request has been read.
    fileprivate(set) var hasLeft = false
    /// The request that is being worked on.
    weak var exchange: Exchange?

    fileprivate init(loop: EventLoop, socket: Int32) {
        self.loop = loop
        let events = Readiness.peerClosed | Readiness.edge
        watch = try? loop.watch(socket, events) { [weak self] _ in
            self?.hasLeft = true
            self?.exchange?.clientClosedItsSide()
        }
    }

    fileprivate func close() {
        if let watch { loop.unwatch(watch) }
    }
}

/// libmicrohttpd, run by the gate's event loop: turns its callbacks into exchanges.
final class HTTPServer {
    private unowned let gate: Gate
    private var daemon: OpaquePointer?
    private var watch: EventLoop.WatchID?
    private var needsRun = true

    /// Runs of libmicrohttpd before other events have their turn.
    private static let runsPerRound = 4

    init(gate: Gate) {
        self.gate = gate
    }

    /// Starts answering on a listening socket, which is the server's from now on.
    func start(listening socket: Int32) throws(GateError) {
        var options = lh5_daemon_options()
        options.listen_socket = socket
        options.connection_limit = UInt32(gate.settings.connections)
        options.address_limit = UInt32(gate.settings.connectionsPerAddress)
        options.connection_memory = gate.settings.connectionMemory
        options.idle_seconds = UInt32(gate.settings.idleTimeout.components.seconds)
        options.context = Unmanaged.passUnretained(gate).toOpaque()
        options.handle = handleRequest
        options.begin = beginRequest
        options.complete = completeRequest
        options.notify = notifyConnection
        options.log = logMessage
        daemon = lh5_start_daemon(&options)
        guard let daemon else { throw GateError("the HTTP server cannot be started") }
        watch = try gate.loop.watch(lh5_daemon_epoll(daemon), Readiness.readable) { [weak self] _ in
            self?.needsRun = true
        }
    }

    /// A suspended connection was resumed: it goes on in the next run.
    func resume(_ connection: OpaquePointer) {
        MHD_resume_connection(connection)
        needsRun = true
    }

    /// Lets libmicrohttpd do what is to do. Returns the longest time to sleep.
    func run() -> Duration? {
        guard let daemon else { return nil }
        var milliseconds: UInt64 = 0
        // libmicrohttpd asks for another run until it has seen that nothing is left to read.
        for _ in 0..<Self.runsPerRound {
            let isNeeded = needsRun
            needsRun = false
            if isNeeded { MHD_run(daemon) }
            // What was resumed in one of its own calls waits for the next run, of which it does not tell.
            if needsRun { continue }
            guard MHD_get_timeout(daemon, &milliseconds) == .YES else { return nil }
            needsRun = milliseconds == 0
            if !needsRun { break }
        }
        if needsRun { return .zero }
        return .milliseconds(min(Int64(clamping: milliseconds), 3_600_000))
    }

    /// Accepts no more connections.
    func quiesce() {
        guard let daemon else { return }
        let socket = MHD_quiesce_daemon(daemon)
        if socket >= 0 { close(socket) }
    }

    /// Closes every connection. No connection may be suspended.
    func stop() {
        guard let daemon else { return }
        if let watch { gate.loop.unwatch(watch) }
        MHD_stop_daemon(daemon)
        self.daemon = nil
    }
}

// libmicrohttpd's callbacks. Each is called on the event loop's thread, from `MHD_run` or `MHD_stop_daemon`, with the
// gate as its context; the gate outlives its daemon.

private func gate(_ context: UnsafeMutableRawPointer?) -> Gate? {
    context.map { Unmanaged<Gate>.fromOpaque($0).takeUnretainedValue() }
}

private func beginRequest(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let gate = gate(context), let target, let connection else { return nil }
    let bytes = UnsafeRawBufferPointer(start: target, count: strlen(target))
    let exchange = Exchange(gate: gate, connection: connection, target: Array(bytes), end: target + bytes.count)
    return Unmanaged.passRetained(exchange).toOpaque()
}

private func handleRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadSize: UnsafeMutablePointer<Int>?, _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let exchange = request?.pointee, let method, let uploadSize else { return .NO }
    return Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue()
        .handle(method: String(cString: method), version: version, body: upload, size: &uploadSize.pointee)
}

private func completeRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_RequestTerminationCode
) {
    guard let exchange = request?.pointee else { return }
    request?.pointee = nil
    Unmanaged<Exchange>.fromOpaque(exchange).takeRetainedValue().completed(code)
}

private func notifyConnection(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ socketContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_ConnectionNotificationCode
) {
    guard let gate = gate(context), let connection else { return }
    if code == .CONNECTION_NOTIFY_STARTED {
        let client = ClientConnection(loop: gate.loop, socket: lh5_connection_socket(connection))
        socketContext?.pointee = Unmanaged.passRetained(client).toOpaque()
    } else if let client = socketContext?.pointee {
        socketContext?.pointee = nil
        Unmanaged<ClientConnection>.fromOpaque(client).takeRetainedValue().close()
    }
}

private func logMessage(
    _ context: UnsafeMutableRawPointer?, _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?
) {
    guard let arguments, let format else { return }
    var text = [CChar](repeating: 0, count: 512)
    vsnprintf(&text, text.count, format, arguments)
    let line = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    gate(context)?.log.debug("\(line)")
}
