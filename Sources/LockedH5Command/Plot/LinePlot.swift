/// A line drawn with Braille dots, two across and four down in each character.
struct LinePlot {
    private let width: Int
    private let height: Int
    private var dots: [Bool]

    /// - Parameters:
    ///   - width: In characters, as `height`.
    ///   - range: What the height stands for; not empty.
    init(_ values: [Double], width: Int, height: Int, range: ClosedRange<Double>) {
        self.width = width * 2
        self.height = height * 4
        dots = Array(repeating: false, count: width * 2 * height * 4)
        let extent = range.upperBound - range.lowerBound
        var last: (x: Int, y: Int)?
        for (index, value) in values.enumerated() {
            guard !value.isNaN else {
                last = nil
                continue
            }
            let x = values.count > 1 ? index * (self.width - 1) / (values.count - 1) : self.width / 2
            // Halves, so that the extent of the largest numbers is not infinite.
            let share =
                extent.isFinite
                ? (value - range.lowerBound) / extent
                : (value / 2 - range.lowerBound / 2) / (range.upperBound / 2 - range.lowerBound / 2)
            let y = self.height - 1 - Int((min(max(share, 0), 1) * Double(self.height - 1)).rounded())
            let point = (x: x, y: min(max(y, 0), self.height - 1))
            draw(from: last ?? point, to: point)
            last = point
        }
    }

    private mutating func draw(from start: (x: Int, y: Int), to end: (x: Int, y: Int)) {
        let steps = max(abs(end.x - start.x), abs(end.y - start.y), 1)
        for step in 0...steps {
            let x = start.x + (end.x - start.x) * step / steps
            let y = start.y + (end.y - start.y) * step / steps
            dots[y * width + x] = true
        }
    }

    /// The bits of the dots of one character (Unicode, Braille Patterns), by row and column.
    private static let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

    /// The lines of text.
    var text: [String] {
        stride(from: 0, to: height, by: 4).map { top in
            var line = ""
            for left in stride(from: 0, to: width, by: 2) {
                var code: UInt32 = 0x2800
                for row in 0..<4 {
                    for column in 0..<2 where dots[(top + row) * width + left + column] {
                        code |= Self.bits[row][column]
                    }
                }
                // A blank is one for every font.
                line.unicodeScalars.append(code == 0x2800 ? " " : Unicode.Scalar(code) ?? " ")
            }
            return line
        }
    }
}
