/// Numbers of two dimensions as colours, the first row at the top.
struct HeatMap {
    /// Colours of numbers; one more is for what is no number.
    private static let colours = 255

    /// Every how many rows, and columns, one is drawn.
    let steps: [Int]
    private let options: PictureOptions
    private let rows: Int
    private let columns: Int
    /// Pixels of a side of an element.
    private let magnification: Int
    private var values: [Double] = []

    init(rows: Int, columns: Int, _ options: PictureOptions) {
        self.options = options
        let side = options.width ?? PNGImage.largestSide
        var steps = [rows, columns].map { ($0 - 1) / side + 1 }
        // What is about square stays so.
        if max(steps[0], steps[1]) < 4 * min(steps[0], steps[1]) {
            steps = [max(steps[0], steps[1]), max(steps[0], steps[1])]
        }
        self.steps = steps
        self.rows = (rows - 1) / steps[0] + 1
        self.columns = (columns - 1) / steps[1] + 1
        magnification = options.width == nil ? 1 : max(side / max(self.rows, self.columns), 1)
        values.reserveCapacity(self.rows * self.columns)
    }

    /// Adds the next numbers of those rows and columns that are drawn.
    mutating func add(_ numbers: [Double]) {
        values += numbers
    }

    var image: PNGImage {
        let opaque = options.colormap.colours(Self.colours).map { $0 + [255] }
        var image = PNGImage(
            width: columns * magnification, height: rows * magnification, colours: opaque + [[0, 0, 0, 0]])
        let range = options.range(of: values) ?? 0...0
        for (place, value) in values.enumerated() {
            let colour = Self.colour(of: value, in: range)
            let corner = place / columns * magnification * image.width + place % columns * magnification
            for row in 0..<magnification {
                for column in 0..<magnification { image.pixels[corner + row * image.width + column] = colour }
            }
        }
        return image
    }

    /// The number of a value's colour: each has an equal part of the range, what lies outside the nearest one.
    private static func colour(of value: Double, in range: ClosedRange<Double>) -> UInt8 {
        if value.isNaN { return UInt8(colours) }
        if value <= range.lowerBound { return 0 }
        if value >= range.upperBound { return UInt8(colours - 1) }
        // Halves, since the whole range may be more than a number holds.
        let part = (value / 2 - range.lowerBound / 2) / (range.upperBound / 2 - range.lowerBound / 2)
        return UInt8(min(Int(part * Double(colours)), colours - 1))
    }
}
