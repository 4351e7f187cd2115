/// Names at which something has happened, until it is time to look at them.
///
/// That is when nothing has been heard of a name for a short while, or for the second time when it does not become quiet.
struct PendingLooks {
    typealias Instant = ContinuousClock.Instant

    private struct Name {
        var due: Instant
        let latest: Instant
    }

    static let pause = Duration.milliseconds(100)
    static let longest = Duration.seconds(1)

    private var names: [FilePath: Name] = [:]

    var isEmpty: Bool { names.isEmpty }

    /// When the next name is due.
    var next: Instant? { names.values.lazy.map(\.due).min() }

    mutating func note(_ path: FilePath, at now: Instant) {
        let latest = names[path]?.latest ?? now + Self.longest
        names[path] = Name(due: min(now + Self.pause, latest), latest: latest)
    }

    /// Takes out the names that are due.
    mutating func takeDue(at now: Instant) -> [FilePath] {
        let due = names.filter { $0.value.due <= now }.map(\.key)
        for path in due { names[path] = nil }
        return due
    }

    mutating func removeAll() {
        names = [:]
    }
}
