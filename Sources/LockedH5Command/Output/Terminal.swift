import ArgumentParser
import Glibc

/// When output has colours.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
    case auto, always, never
}

/// What standard output or standard error is.
struct Terminal {
    let descriptor: Int32
    let isTerminal: Bool

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
    }

    /// Columns and rows; 80 and 24 where the system does not tell.
    var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Whether colours are to be used here (no-color.org: any value of NO_COLOR that is not empty says no).
    func hasColor(_ choice: ColorChoice) -> Bool {
        switch choice {
        case .always: return true
        case .never: return false
        case .auto:
            let refusal = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
            let isDumb = getenv("TERM").map { strcmp($0, "dumb") == 0 } ?? true
            return isTerminal && !refusal && !isDumb
        }
    }
}

/// The colours of things, as `ls` and its likes have them.
enum Style: String {
    case directory = "1;34"
    case group = "34"
    case file = "1"
    case datatype = "35"
    case link = "36"
    case broken = "31"
    case attribute = "33"
    case faint = "2"
}
