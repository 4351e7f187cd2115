import H5Model
import HDF5JSON

/// Repeats the elements of a value over a larger shape, by NumPy's rule.
///
/// The value's dimensions are those of the shape's end; each has the shape's extent or 1, which is repeated.
struct Broadcast {
    /// A dimension of the shape, and how far apart its elements are in the value: 0 where one is repeated.
    private struct Dimension {
        var extent: Int
        var stride: Int
        /// Elements of the shape for each index.
        var inner: Int
    }

    /// Slowest first; neighbours that behave alike are one, and there is at least one.
    private var dimensions: [Dimension] = []

    /// Whether nothing is repeated.
    var isIdentity: Bool { dimensions.count == 1 && dimensions[0].stride == 1 }

    /// - Throws: `invalid` where the rule does not allow it, with both shapes; `too_large` for a shape whose elements cannot
    ///   be counted.
    init(from value: Shape, to shape: Shape) throws(ServiceError) {
        // Lists do not show the extents behind one that is 0.
        if value.last == 0 && shape.starts(with: value) {
            dimensions = [Dimension(extent: 0, stride: 1, inner: 1)]
            return
        }
        let extra = value.count - shape.count
        let padded = extra > 0 ? Array(value[extra...]) : Array(repeating: 1, count: -extra) + value
        guard value.prefix(max(extra, 0)).allSatisfy({ $0 == 1 }),
            zip(padded, shape).allSatisfy({ $0 == $1 || $0 == 1 })
        else {
            throw ServiceError(
                .invalid, "the value has the shape \(value), which cannot be broadcast to the shape \(shape)")
        }
        guard let count = shape.elementCount else {
            throw ServiceError(.tooLarge, "the shape \(shape) has more elements than can be counted")
        }
        // Their extents may have any product.
        if count == 0 {
            dimensions = [Dimension(extent: 0, stride: 1, inner: 1)]
            return
        }
        var stride = 1
        var inner = 1
        for (own, extent) in zip(padded, shape).reversed() where extent != 1 {
            let step = own == 1 ? 0 : stride
            if let slower = dimensions.first, (slower.stride == 0) == (step == 0) {
                dimensions[0].extent *= extent
            } else {
                dimensions.insert(Dimension(extent: extent, stride: step, inner: inner), at: 0)
            }
            stride *= own
            inner *= extent
        }
        if dimensions.isEmpty { dimensions = [Dimension(extent: 1, stride: 1, inner: 1)] }
    }

    /// Calls `body` for runs of the shape's elements `first..<first + count`, in order: where the run begins in the
    /// value, how many elements it has, and whether it is one element repeated.
    func forEachRun(first: Int, count: Int, _ body: (_ source: Int, _ count: Int, _ isRepeated: Bool) -> Void) {
        guard let last = dimensions.last else { return }
        var place = first
        while place < first + count {
            let offset = place % last.extent
            let run = min(last.extent - offset, first + count - place)
            let start = dimensions.dropLast().reduce(0) { $0 + place / $1.inner % $1.extent * $1.stride }
            body(start + offset * last.stride, run, last.stride == 0)
            place += run
        }
    }
}

extension Value {
    /// The value repeated to a shape.
    /// - Throws: `invalid` where the shape does not fit, `too_large`.
    func broadcast(to shape: Shape) throws(ServiceError) -> Value {
        if self.shape == shape { return self }
        let writer = try ValueWriter(Selection(all: shape), as: datatype, chunk: nil, window: ValueDecoder.largest)
        var repeated: [UInt8] = []
        try writer.write(self) { _, part throws(ServiceError) in
            repeated.append(contentsOf: part)
            if repeated.count > ValueDecoder.largest {
                throw ServiceError(.tooLarge, "a value of the shape \(shape) takes too many bytes")
            }
        }
        return Value(datatype: datatype, shape: shape, bytes: repeated)
    }
}
