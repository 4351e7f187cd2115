import CProcess
import Glibc

/// One thread's events: descriptors through epoll, and timers.
///
/// Everything in the gate runs on this loop's thread; nothing in it blocks.
final class EventLoop {
    typealias Instant = ContinuousClock.Instant
    typealias Handler = (_ events: UInt32) -> Void

    /// A watched descriptor; a later watch of the same number has another id.
    struct WatchID: Hashable {
        fileprivate var number: UInt64
        fileprivate var descriptor: Int32
    }

    private let epoll: Int32
    private let clock: () -> Instant
    private var handlers: [UInt64: Handler] = [:]
    private var lastNumber: UInt64 = 0
    private var timers = TimerQueue()
    private var isStopped = false
    private var events = Array(repeating: epoll_event(), count: 256)

    /// - Parameter clock: What tells the time of timers.
    init(clock: @escaping () -> Instant = { .now }) throws(GateError) {
        self.clock = clock
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        if epoll < 0 { throw GateError.system("epoll_create1", errno) }
    }

    deinit {
        close(epoll)
    }

    /// Calls `handler` with what is ready on `descriptor`, level-triggered unless `events` says EPOLLET.
    func watch(_ descriptor: Int32, _ events: UInt32, _ handler: @escaping Handler) throws(GateError) -> WatchID {
        lastNumber += 1
        var event = epoll_event(events: events, data: epoll_data_t(u64: lastNumber))
        if epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0 { throw GateError.system("epoll_ctl", errno) }
        handlers[lastNumber] = handler
        return WatchID(number: lastNumber, descriptor: descriptor)
    }

    /// Ends a watch, before its descriptor is closed.
    func unwatch(_ watch: WatchID) {
        guard handlers.removeValue(forKey: watch.number) != nil else { return }
        epoll_ctl(epoll, EPOLL_CTL_DEL, watch.descriptor, nil)
    }

    var now: Instant { clock() }

    /// Calls `body` once, `delay` from now.
    @discardableResult
    func after(_ delay: Duration, _ body: @escaping () -> Void) -> TimerID {
        timers.add(at: now + delay, body)
    }

    func cancel(_ timer: TimerID) {
        timers.cancel(timer)
    }

    func stop() {
        isStopped = true
    }

    /// Runs until `stop`. After each round of events `afterRound` is called; it returns the longest time to sleep.
    func run(afterRound: () -> Duration?) {
        while !isStopped { runOnce(atMost: afterRound()) }
    }

    /// Waits for events and handles them: one round.
    func runOnce(atMost sleep: Duration?) {
        var sleep = sleep
        if let next = timers.next { sleep = min(sleep ?? .seconds(3600), max(next - now, .zero)) }
        let count = epoll_wait(epoll, &events, Int32(events.count), sleep.map(Self.milliseconds) ?? -1)
        for place in 0..<Int(max(count, 0)) {
            // A handler may have ended the watch of a later event of the same round.
            let event = events[place]
            handlers[event.data.u64]?(event.events)
        }
        let now = now
        while let body = timers.takeDue(at: now) { body() }
    }

    /// Rounded up, so that a timer is due when the sleep is over.
    private static func milliseconds(_ time: Duration) -> Int32 {
        let parts = min(time, .seconds(3600)).components
        return Int32(parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

/// What is ready on a descriptor.
enum Readiness {
    static let readable = EPOLLIN.rawValue
    static let peerClosed = EPOLLRDHUP.rawValue
    static let edge = EPOLLET.rawValue
}
