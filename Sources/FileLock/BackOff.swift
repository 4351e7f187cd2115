/// Growing random pauses between two looks at a lock that another process holds.
///
/// Each pause is drawn between the shortest and three times the one before, at most the limit, so that waiters who
/// began together do not stay together.
public struct BackOff: Sendable {
    /// 1 ms.
    public static let shortest = Duration.milliseconds(1)
    /// 50 ms.
    public static let longest = Duration.milliseconds(50)

    private let first: Int64
    private let limit: Int64
    private var last: Int64

    /// A new series, whose pauses are never longer than `limit`.
    public init(limit: Duration = BackOff.longest) {
        self.limit = max(Self.nanoseconds(limit), 0)
        first = min(Self.nanoseconds(Self.shortest), self.limit)
        last = first
    }

    /// The next pause.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        last = Int64.random(in: first...min(limit, last * 3), using: &generator)
        return .nanoseconds(last)
    }

    /// Capped at an hour, which no pause needs.
    private static func nanoseconds(_ time: Duration) -> Int64 {
        let parts = min(time, .seconds(3600)).components
        return parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    }
}
