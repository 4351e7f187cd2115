import H5Model
import HTTPMessage
import Routes

/// How values look as a picture.
struct PictureOptions: Equatable {
    var colormap = Colormap.viridis
    /// The values of the first and of the last colour, or of the lower and the upper edge; nil for the least and the largest
    /// one that is drawn.
    var minimum: Double?
    var maximum: Double?
    /// Pixels of the longer side; nil for one pixel an element, as far as that goes.
    var width: Int?

    init() {}

    /// - Throws: `invalid`.
    init(_ query: Query) throws(ServiceError) {
        colormap = try query.choice("colormap") ?? .viridis
        minimum = try Self.number("min", query)
        maximum = try Self.number("max", query)
        width = try query.integer("width", in: 16...PNGImage.largestSide)
        if let minimum, let maximum, minimum > maximum {
            throw ServiceError(.invalid, "min=\(minimum) is more than max=\(maximum)")
        }
    }

    private static func number(_ name: String, _ query: Query) throws(ServiceError) -> Double? {
        guard let text = try query.utf8(name) else { return nil }
        guard let number = Double(text), number.isFinite else {
            throw ServiceError(.invalid, "\(name)=\(text.abbreviated) is no finite number")
        }
        return number
    }

    /// From the least to the largest of `values`, or as the options have it; nil where there is no finite value, and no
    /// range is given.
    func range(of values: some Sequence<Double>) -> ClosedRange<Double>? {
        var (least, largest) = (Double.infinity, -Double.infinity)
        for value in values where value.isFinite {
            least = min(least, value)
            largest = max(largest, value)
        }
        let (lower, upper) = (minimum ?? min(least, maximum ?? least), maximum ?? max(largest, minimum ?? largest))
        return lower <= upper && lower.isFinite && upper.isFinite ? lower...upper : nil
    }
}
