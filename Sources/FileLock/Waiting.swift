import Glibc

/// What waiting takes from the world: a clock, a sleep and chance, so that a test can wait without time passing.
public protocol Waiting: RandomNumberGenerator {
    /// The time since some fixed moment.
    func now() -> Duration
    mutating func sleep(for time: Duration)
}

/// The system's monotonic clock, its sleep and its randomness.
public struct SystemWaiting: Waiting {
    private var generator = SystemRandomNumberGenerator()

    public init() {}

    public func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Sleeps at least that long, whatever signals arrive. The corresponding C function is `nanosleep`.
    public func sleep(for time: Duration) {
        let parts = time.components
        var asked = timespec(tv_sec: Int(parts.seconds), tv_nsec: Int(parts.attoseconds / 1_000_000_000))
        var left = asked
        while nanosleep(&asked, &left) != 0 && errno == EINTR { asked = left }
    }

    public mutating func next() -> UInt64 { generator.next() }
}
