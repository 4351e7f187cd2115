import Glibc

/// A plot with its axes, as lines of text.
struct Plot {
    private let data: PlotData
    private let width: Int
    private let height: Int
    private let hasColor: Bool
    private let bounds: (lower: Double?, upper: Double?)

    /// - Parameters:
    ///   - width: Characters across, axes included.
    ///   - height: Characters down, without the axis below and the legend.
    ///   - bounds: What the axis or the colours begin and end with; nil for the least and greatest number.
    init(
        _ data: PlotData, width: Int, height: Int, hasColor: Bool, bounds: (lower: Double?, upper: Double?) = (nil, nil)
    ) {
        self.bounds = bounds
        self.data = data
        self.width = width
        self.height = height
        self.hasColor = hasColor
    }

    /// Characters beside the picture.
    static let margin = 12

    var lines: [String] {
        guard let found = data.range else { return ["there is nothing but missing numbers"] }
        let lower = bounds.lower ?? min(found.lowerBound, bounds.upper ?? found.lowerBound)
        let range = lower...max(bounds.upper ?? found.upperBound, lower)
        if let lines = data.lines { return imageLines(range, lines) }
        return lineLines(range)
    }

    private func lineLines(_ range: ClosedRange<Double>) -> [String] {
        let (low, high) = (Number.short(range.lowerBound), Number.short(range.upperBound))
        let margin = max(low.count, high.count)
        let inside = max(width - margin - 2, 4)
        // A constant is a line in the middle.
        let room = range.lowerBound == range.upperBound ? max(abs(range.lowerBound), 1) : 0
        let shown = (range.lowerBound - room)...(range.upperBound + room)
        let plot = LinePlot(data.rows.first ?? [], width: inside, height: height, range: shown).text
        var lines: [String] = []
        for (row, text) in plot.enumerated() {
            let label = room > 0 ? (row == height / 2 ? low : "") : row == 0 ? high : row == height - 1 ? low : ""
            lines.append("\(label.padded(to: margin)) \(label.isEmpty ? "\u{2502}" : "\u{2524}")\(text)")
        }
        lines.append("\("".padded(to: margin)) \u{2514}\(String(repeating: "\u{2500}", count: inside))")
        lines.append("\("".padded(to: margin))  \(ends(of: data.columns, inside))")
        return lines.map(\.trimmed) + notes
    }

    private func imageLines(_ range: ClosedRange<Double>, _ rows: ClosedRange<Int>) -> [String] {
        let (first, last) = ("\(rows.lowerBound)", "\(rows.upperBound)")
        let margin = max(first.count, last.count)
        let image = ImagePlot(
            data.rows, width: max(width - margin - 2, 1), height: height, range: range, hasColor: hasColor)
        let text = image.text
        var lines: [String] = []
        for (row, line) in text.enumerated() {
            let label = row == 0 ? first : row == text.count - 1 ? last : ""
            lines.append("\(label.padded(to: margin)) \(label.isEmpty ? "\u{2502}" : "\u{2524}")\(line)")
        }
        lines.append("\("".padded(to: margin)) \u{2514}\(String(repeating: "\u{2500}", count: image.width))")
        lines.append("\("".padded(to: margin))  \(ends(of: data.columns, image.width))".trimmed)
        let ramp = hasColor ? coloredRamp : String(ImagePlot.shades)
        lines.append(
            "\("".padded(to: margin))  \(Number.short(range.lowerBound)) \(ramp) \(Number.short(range.upperBound))")
        return lines + notes
    }

    private var coloredRamp: String {
        (0..<16).map { "\u{1B}[48;\(ImagePlot.color(Double($0) / 15))m " }.joined() + "\u{1B}[0m"
    }

    /// The first and last index below the two ends of an axis.
    private func ends(of range: ClosedRange<Int>, _ width: Int) -> String {
        let (first, last) = ("\(range.lowerBound)", "\(range.upperBound)")
        if range.count == 1 { return first }
        return first + String(repeating: " ", count: max(width - first.count - last.count, 1)) + last
    }

    /// What the picture does not show.
    private var notes: [String] {
        var notes: [String] = []
        if let step = data.steps.max(), step > 1 {
            let steps = data.steps.map { Number.ordinal($0) }
            notes.append(
                steps.count == 2 && steps[0] != steps[1]
                    ? "every \(steps[0]) row and \(steps[1]) column" : "every \(steps[0]) element")
        }
        if data.gaps > 0 { notes.append("\(data.gaps) missing") }
        return notes.isEmpty ? [] : [notes.joined(separator: ", ")]
    }
}

/// Numbers for axes.
private enum Number {
    /// Four significant digits. The corresponding C function is `printf` with `%.4g`.
    static func short(_ number: Double) -> String {
        var buffer = [CChar](repeating: 0, count: 32)
        _ = withVaList([number]) { vsnprintf(&buffer, buffer.count, "%.4g", $0) }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    static func ordinal(_ number: Int) -> String {
        let isTeen = (11...13).contains(number % 100)
        let ending = isTeen ? "th" : [1: "st", 2: "nd", 3: "rd"][number % 10] ?? "th"
        return "\(number)\(ending)"
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        String(repeating: " ", count: max(width - count, 0)) + self
    }

    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
