import Glibc

/// An image in blocks: in colour two pixels in each character, else shades.
struct ImagePlot {
    private let rows: [[Double]]
    private let range: ClosedRange<Double>
    private let hasColor: Bool
    /// How many pixels wide and high each number is.
    private let scale: (x: Int, y: Int)

    /// - Parameters:
    ///   - width: The most characters across, as `height` down.
    ///   - range: What the colours stand for.
    init(_ rows: [[Double]], width: Int, height: Int, range: ClosedRange<Double>, hasColor: Bool) {
        self.rows = rows
        self.range = range
        self.hasColor = hasColor
        let columns = max(rows.map(\.count).max() ?? 1, 1)
        let fit = min(width / (hasColor ? columns : 2 * columns), height * (hasColor ? 2 : 1) / max(rows.count, 1))
        let size = min(max(fit, 1), 8)
        // A character is about twice as high as it is wide.
        scale = (hasColor ? size : 2 * size, size)
    }

    /// The most numbers across and down for that many characters.
    static func pixels(width: Int, height: Int, hasColor: Bool) -> (columns: Int, rows: Int) {
        (max(hasColor ? width : width / 2, 1), max(hasColor ? 2 * height : height, 1))
    }

    /// How many characters wide it is.
    var width: Int { (rows.first?.count ?? 0) * scale.x }

    var text: [String] { hasColor ? coloredText : shadedText }

    /// The darkest of a number is not blank, so that blank is what is missing.
    static let shades: [Character] = ["\u{2591}", "\u{2592}", "\u{2593}", "\u{2588}"]

    private var shadedText: [String] {
        rows.flatMap { row in
            let line = row.map { number in
                let shade = share(number).map { Self.shades[min(Int($0 * 4), 3)] } ?? " "
                return String(repeating: shade, count: scale.x)
            }.joined()
            return Array(repeating: line, count: scale.y)
        }
    }

    private var coloredText: [String] {
        let pixels = rows.flatMap { Array(repeating: $0, count: scale.y) }
        return stride(from: 0, to: pixels.count, by: 2).map { top in
            let upper = pixels[top]
            let lower = top + 1 < pixels.count ? pixels[top + 1] : []
            var line = ""
            for column in upper.indices {
                line += Self.cell(share(upper[column]), column < lower.count ? share(lower[column]) : nil, scale.x)
            }
            return line + "\u{1B}[0m"
        }
    }

    /// The upper half block in the upper pixel's colour, on the lower one's.
    private static func cell(_ upper: Double?, _ lower: Double?, _ count: Int) -> String {
        let block: Character
        let colors: String
        switch (upper, lower) {
        case (nil, nil): (block, colors) = (" ", "\u{1B}[0m")
        case (let upper?, nil): (block, colors) = ("\u{2580}", "\u{1B}[0;38;\(color(upper))m")
        case (nil, let lower?): (block, colors) = ("\u{2584}", "\u{1B}[0;38;\(color(lower))m")
        case (let upper?, let lower?): (block, colors) = ("\u{2580}", "\u{1B}[38;\(color(upper));48;\(color(lower))m")
        }
        return colors + String(repeating: block, count: count)
    }

    private func share(_ number: Double) -> Double? {
        if number.isNaN { return nil }
        let extent = range.upperBound / 2 - range.lowerBound / 2
        return extent > 0 ? min(max((number / 2 - range.lowerBound / 2) / extent, 0), 1) : 0.5
    }

    private static let hasTrueColor =
        getenv("COLORTERM").map { ["truecolor", "24bit"].contains(String(cString: $0)) } ?? false

    /// A colour between 0 and 1 as terminals take it: of many, or of 256 the greys.
    static func color(_ share: Double) -> String {
        guard hasTrueColor else { return "5;\(232 + Int((share * 23).rounded()))" }
        let place = share * Double(scaleColors.count - 1)
        let index = min(Int(place), scaleColors.count - 2)
        let part = place - Double(index)
        let mixed = zip(scaleColors[index], scaleColors[index + 1]).map { Int(($0 + ($1 - $0) * part).rounded()) }
        return "2;\(mixed[0]);\(mixed[1]);\(mixed[2])"
    }

    /// From dark blue over green to yellow, each brighter than the one before.
    private static let scaleColors: [[Double]] = [
        [68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37],
    ]
}
