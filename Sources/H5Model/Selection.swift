/// A selection as a caller writes it, before it meets a shape: h5py's slices, comma separated.
public struct SelectionExpression: Equatable, Sendable {
    public enum Item: Equatable, Sendable {
        case index(Int)
        case slice(start: Int?, stop: Int?, step: Int?)
        case ellipsis
    }

    public var items: [Item]

    /// Everything.
    public static let all = SelectionExpression(items: [])

    public init(items: [Item]) {
        self.items = items
    }

    /// Parses `0:10,5,::2`, `...`; the empty text selects everything.
    /// - Throws: `invalid`.
    public init(parsing text: String) throws(ServiceError) {
        items = []
        if text.utf8.isEmpty { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            items.append(try Self.item(part, of: text))
        }
        if items.count(where: { $0 == .ellipsis }) > 1 {
            throw ServiceError(.invalid, "selection \"\(text)\" has more than one ellipsis")
        }
    }

    private static func item(_ part: Substring, of text: String) throws(ServiceError) -> Item {
        if part == "..." { return .ellipsis }
        let numbers = part.split(separator: ":", omittingEmptySubsequences: false)
        guard numbers.count > 1 else { return .index(try number(part, of: text)) }
        guard numbers.count <= 3 else { throw malformed(part, of: text) }
        var bounds: [Int?] = []
        for digits in numbers {
            bounds.append(digits.utf8.isEmpty ? nil : try number(digits, of: text))
        }
        let step = bounds.count == 3 ? bounds[2] : nil
        if let step, step < 1 {
            throw ServiceError(.invalid, "selection \"\(text)\": step \(step) is not at least 1")
        }
        return .slice(start: bounds[0], stop: bounds[1], step: step)
    }

    private static func number(_ digits: Substring, of text: String) throws(ServiceError) -> Int {
        guard let number = Int(digits), digits.utf8.first != UInt8(ascii: "+") else {
            throw malformed(digits, of: text)
        }
        return number
    }

    private static func malformed(_ part: Substring, of text: String) -> ServiceError {
        ServiceError(
            .invalid,
            "selection \"\(text)\": \"\(part)\" is not an integer, a slice start:stop:step or an ellipsis ...")
    }
}

/// One dimension of a hyperslab: `count` indices from `start`, `stride` apart.
public struct Span: Equatable, Sendable {
    public var start: Int
    public var stride: Int
    public var count: Int

    public init(start: Int, stride: Int = 1, count: Int) {
        self.start = start
        self.stride = stride
        self.count = count
    }
}

/// A hyperslab of a shape: one span a dimension (none for a scalar), blocks of one element.
public struct Hyperslab: Equatable, Sendable {
    public var spans: [Span]
    /// Dimensions that a plain index chose: present in `spans` with count 1, absent from `resultShape`.
    public var droppedDimensions: Set<Int>

    public init(spans: [Span], droppedDimensions: Set<Int> = []) {
        self.spans = spans
        self.droppedDimensions = droppedDimensions
    }

    /// All elements of `shape`.
    public init(all shape: Shape) {
        self.init(spans: shape.map { Span(start: 0, count: $0) })
    }

    /// Selected extents, one for each dimension of the dataspace.
    public var counts: Shape { spans.map(\.count) }

    /// The shape that a caller gets: without the dropped dimensions.
    public var resultShape: Shape {
        spans.indices.filter { !droppedDimensions.contains($0) }.map { spans[$0].count }
    }

    public var elementCount: Int? { counts.elementCount }
}

extension SelectionExpression {
    /// The hyperslab that this expression selects in `shape`, by h5py's rules: slices clip, negative numbers count
    /// from the end, an integer drops its dimension, missing trailing dimensions are whole.
    /// - Throws: `invalid` for too many dimensions, `out_of_bounds` for an integer outside.
    public func resolved(in shape: Shape) throws(ServiceError) -> Hyperslab {
        let given = items.filter { $0 != .ellipsis }
        guard given.count <= shape.count else {
            throw ServiceError(.invalid, "the selection has \(given.count) dimensions, the dataset has \(shape.count)")
        }
        let whole = Item.slice(start: nil, stop: nil, step: nil)
        var full = items
        let missing = Array(repeating: whole, count: shape.count - given.count)
        if let place = full.firstIndex(of: .ellipsis) {
            full.replaceSubrange(place...place, with: missing)
        } else {
            full += missing
        }
        var slab = Hyperslab(spans: [])
        for (dimension, item) in full.enumerated() {
            if case .index = item { slab.droppedDimensions.insert(dimension) }
            slab.spans.append(try Self.span(item, dimension: dimension, extent: shape[dimension]))
        }
        return slab
    }

    private static func span(_ item: Item, dimension: Int, extent: Int) throws(ServiceError) -> Span {
        switch item {
        case .index(let index):
            guard index >= -extent, index < extent else {
                throw ServiceError(
                    .outOfBounds, "index \(index) is outside dimension \(dimension), whose extent is \(extent)")
            }
            return Span(start: index < 0 ? index + extent : index, count: 1)
        case .slice(let start, let stop, let step):
            let step = step ?? 1
            let first = clip(start ?? 0, to: extent)
            let last = clip(stop ?? extent, to: extent)
            let count = last > first ? (last - first - 1) / step + 1 : 0
            return Span(start: count == 0 ? 0 : first, stride: count <= 1 ? 1 : step, count: count)
        case .ellipsis:
            return Span(start: 0, count: extent)
        }
    }

    private static func clip(_ bound: Int, to extent: Int) -> Int {
        bound < 0 ? max(bound + extent, 0) : min(bound, extent)
    }
}
