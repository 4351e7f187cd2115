/// Numbers of one dimension as a line in a frame, the first one at the left; of those that share a column of pixels the
/// least and the largest one are joined.
struct LinePlot {
    private static let usualWidth = 800
    /// The most pixels between the image's edge and the frame.
    private static let widestMargin = 8
    /// Of more numbers only a sample is drawn: each may lie in a chunk of its own.
    private static let mostNumbers = 1 << 24
    private static let sample = 1 << 17
    /// The background, the frame and the line.
    private static let colours: [[UInt8]] = [[255, 255, 255, 255], [136, 136, 136, 255], [31, 95, 170, 255]]

    /// Every how many numbers one is drawn.
    let step: Int
    private let options: PictureOptions
    private let width: Int
    private let height: Int
    private let margin: Int
    /// The numbers that are drawn.
    private let count: Int
    /// What has been added.
    private var added = 0
    /// The least and the largest number of each part of the line; none where no number is finite.
    private var parts: [ClosedRange<Double>?]

    init(count: Int, _ options: PictureOptions) {
        self.options = options
        width = options.width ?? Self.usualWidth
        height = width / 2
        // Inside a small image there is to be room for the line.
        margin = min(width / 8, Self.widestMargin)
        step = count <= Self.mostNumbers ? 1 : (count - 1) / Self.sample + 1
        self.count = (count - 1) / step + 1
        parts = Array(repeating: nil, count: min(self.count, width - 2 * margin - 2))
    }

    /// Adds the next of the numbers that are drawn.
    mutating func add(_ numbers: [Double]) {
        for number in numbers {
            defer { added += 1 }
            if !number.isFinite { continue }
            let part = added * parts.count / count
            let known = parts[part] ?? number...number
            parts[part] = min(known.lowerBound, number)...max(known.upperBound, number)
        }
    }

    var image: PNGImage {
        var image = PNGImage(width: width, height: height, colours: Self.colours)
        frame(in: &image)
        let bounds = parts.flatMap { part in part.map { [$0.lowerBound, $0.upperBound] } ?? [] }
        guard let range = options.range(of: bounds) else { return image }
        let inside = width - 2 * margin - 2
        var before: ClosedRange<Int>?
        for column in 0..<inside {
            let rows = part(at: column, of: inside).flatMap { self.rows(of: $0, in: range) }
            if let rows {
                // The line has no gaps but where numbers are missing.
                let (top, bottom) = before.map { ($0.upperBound, $0.lowerBound) } ?? (rows.lowerBound, rows.upperBound)
                for row in min(rows.lowerBound, top)...max(rows.upperBound, bottom) {
                    image.pixels[row * width + margin + 1 + column] = 2
                }
            }
            before = rows
        }
        return image
    }

    private func frame(in image: inout PNGImage) {
        let (left, right) = (margin, width - 1 - margin)
        let (top, bottom) = (margin, height - 1 - margin)
        for column in left...right {
            image.pixels[top * width + column] = 1
            image.pixels[bottom * width + column] = 1
        }
        for row in top...bottom {
            image.pixels[row * width + left] = 1
            image.pixels[row * width + right] = 1
        }
    }

    /// What is drawn in a column: a part of the line, or a point between two of few numbers.
    private func part(at column: Int, of columns: Int) -> ClosedRange<Double>? {
        if parts.count == columns { return parts[column] }
        let place = Double(column) * Double(parts.count - 1) / Double(columns - 1)
        let first = min(Int(place), parts.count - 1)
        let share = place - Double(first)
        guard let low = parts[first] else { return nil }
        guard share > 0 else { return low }
        guard first + 1 < parts.count, let high = parts[first + 1] else { return nil }
        let value = low.lowerBound * (1 - share) + high.lowerBound * share
        return value...value
    }

    /// The rows of pixels between two values; nil where all of it lies outside the range.
    private func rows(of values: ClosedRange<Double>, in range: ClosedRange<Double>) -> ClosedRange<Int>? {
        guard range.overlaps(values) else { return nil }
        let clamped = values.clamped(to: range)
        return row(of: clamped.upperBound, in: range)...row(of: clamped.lowerBound, in: range)
    }

    private func row(of value: Double, in range: ClosedRange<Double>) -> Int {
        let rows = height - 2 * margin - 2
        let extent = range.upperBound / 2 - range.lowerBound / 2
        // A constant is in the middle.
        let part = extent > 0 ? (value / 2 - range.lowerBound / 2) / extent : 0.5
        return margin + 1 + Int(((1 - part) * Double(rows - 1)).rounded())
    }
}
