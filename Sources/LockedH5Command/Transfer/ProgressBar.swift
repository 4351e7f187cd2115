import Glibc
import Synchronization

/// A line on standard error that tells how far a transfer is, how fast, and how long it will take; nothing where that is no
/// terminal.
final class ProgressBar: Sendable {
    private struct State {
        var bytes = 0
        var total: Int?
        /// When so many bytes were done, for the rate of late.
        var samples: [(time: Duration, bytes: Int)] = []
        var drawn = Duration.zero
        var isVisible = false
        /// What was there before.
        var first: Int?
    }

    private let title: String
    private let terminal = Terminal(2)
    private let start = ProgressBar.now()
    private let state = Mutex(State())
    /// The rate is of about so long.
    private static let window = Duration.seconds(4)
    private static let interval = Duration.milliseconds(100)

    init(_ title: String) {
        self.title = title
    }

    /// The time since some fixed moment.
    static func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    var elapsed: Double { (Self.now() - start) / .seconds(1) }

    /// Bytes that an earlier transfer had carried.
    var firstBytes: Int { state.withLock { $0.first ?? 0 } }

    func show(_ bytes: Int, of total: Int?) {
        state.withLock { $0.first = $0.first ?? bytes }
        guard terminal.isTerminal else { return }
        let now = Self.now()
        state.withLock { state in
            state.bytes = bytes
            state.total = total
            state.samples.append((now, bytes))
            while state.samples.count > 2, now - state.samples[1].time > Self.window { state.samples.removeFirst() }
            guard !state.isVisible || now - state.drawn > Self.interval || bytes == total else { return }
            state.drawn = now
            state.isVisible = true
            let line = Self.line(title, state, width: terminal.size.columns)
            try? Output.write(Array("\r\(line)\u{1B}[K".utf8), to: 2, "standard error")
        }
    }

    /// Takes the line away.
    func end() {
        state.withLock { state in
            guard state.isVisible else { return }
            state.isVisible = false
            try? Output.write(Array("\r\u{1B}[K".utf8), to: 2, "standard error")
        }
    }

    private static func line(_ title: String, _ state: State, width: Int) -> String {
        let rate = rate(state)
        var parts = [Words.size(state.bytes) + (state.total.map { " of \(Words.size($0))" } ?? "")]
        parts.append(rate.map { "\(Words.size(Int($0)))/s" } ?? "")
        if let total = state.total, let rate, rate > 0, state.bytes < total {
            parts.append("\(time(Double(total - state.bytes) / rate)) left")
        }
        let right = parts.filter { !$0.isEmpty }.joined(separator: "  ")
        guard let total = state.total, total > 0 else { return cut("\(title)  \(right)", width) }
        let share = Double(state.bytes) / Double(total)
        let percent = "\(Int(share * 100))%"
        let room = width - title.displayWidth - right.count - 14
        guard room >= 8 else { return cut("\(title) \(percent.leftPadded(to: 4)) \(right)", width) }
        return "\(title) \(percent.leftPadded(to: 4)) \(bar(share, min(room, 40))) \(right)"
    }

    /// Eighths of a character fill it (Unicode, Block Elements).
    private static func bar(_ share: Double, _ width: Int) -> String {
        let eighths = Int((share * Double(width * 8)).rounded(.down))
        var text = String(repeating: "\u{2588}", count: min(eighths / 8, width))
        if eighths % 8 > 0, let part = Unicode.Scalar(0x2590 - UInt32(eighths % 8)) { text.unicodeScalars.append(part) }
        return "\u{2595}" + text + String(repeating: " ", count: max(width - text.count, 0)) + "\u{258F}"
    }

    private static func rate(_ state: State) -> Double? {
        guard let first = state.samples.first, let last = state.samples.last, last.time > first.time else { return nil }
        return Double(last.bytes - first.bytes) / ((last.time - first.time) / .seconds(1))
    }

    /// `1:05`, or `2:03:04`.
    static func time(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "days" }
        let seconds = Int(seconds.rounded(.up))
        let tail =
            "\(seconds / 60 % 60)".leftPadded(to: seconds >= 3600 ? 2 : 1, with: "0") + ":"
            + "\(seconds % 60)".leftPadded(to: 2, with: "0")
        return seconds >= 3600 ? "\(seconds / 3600):\(tail)" : tail
    }

    private static func cut(_ text: String, _ width: Int) -> String { String(text.prefix(max(width - 1, 1))) }
}

extension String {
    /// The text behind enough of a character.
    func leftPadded(to width: Int, with character: Character = " ") -> String {
        String(repeating: character, count: max(width - count, 0)) + self
    }
}
