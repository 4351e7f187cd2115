/// How often, and after what pauses, a request is sent again that may be.
///
/// What is sent again is what nothing comes of when it is carried out twice: reads, and writes that put something in a
/// place (`PUT`, `DELETE`); writes with `ifMatch`, of which the server carries out one at the most; everything, where no
/// connection was made or the server says that it has done nothing (`unavailable`). A lock that was not to be had is no
/// failure of this kind: how long to wait for it the request says itself.
///
/// Pauses are random between nothing and a bound that doubles from one to the next, so that many clients do not come
/// back at once; where the server has said when to come again (`Retry-After`), that time goes before.
public struct RetryPolicy: Equatable, Sendable {
    /// How often a request is sent at the most.
    public var attempts: Int
    /// The longest first pause.
    public var base: Duration
    /// The longest pause of all.
    public var maximum: Duration
    /// A server that wants more time than this (`Retry-After`) is not asked again.
    public var longestRetryAfter: Duration

    /// Six attempts within about 3 s where nothing else is said.
    public init(
        attempts: Int = 6, base: Duration = .milliseconds(200), maximum: Duration = .seconds(10),
        longestRetryAfter: Duration = .seconds(60)
    ) {
        self.attempts = attempts
        self.base = base
        self.maximum = maximum
        self.longestRetryAfter = longestRetryAfter
    }

    /// Every request is sent once.
    public static let never = RetryPolicy(attempts: 1)

    /// The bound of the pause after that many attempts.
    func bound(after attempts: Int) -> Duration {
        var bound = base
        for _ in 1..<max(attempts, 1) where bound < maximum { bound *= 2 }
        return min(bound, maximum)
    }
}

/// What comes of it when a request is carried out twice.
package enum Repetition: Sendable {
    /// Nothing: it changes nothing.
    case reads
    /// The same as when it is carried out once, though its answer may be another one.
    case same
    /// The server carries out one of them at the most, and refuses the others.
    case conditional
    /// More than was asked for.
    case more
}
