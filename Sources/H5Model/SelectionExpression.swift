/// A selection as a caller writes it, before it meets a shape: h5py's slices, comma separated.
public struct SelectionExpression: Equatable, Sendable {
    public enum Item: Equatable, Sendable {
        case index(Int)
        case slice(start: Int?, stop: Int?, step: Int?)
        /// Indices that increase, once those that count from the end are told from the beginning.
        case list([Int])
        case ellipsis
    }

    public var items: [Item]

    /// Everything.
    public static let all = SelectionExpression(items: [])

    public init(items: [Item]) {
        self.items = items
    }

    /// Parses `0:10,5,::2`, `...`, `[0,3,7],:`; the empty text selects everything.
    /// - Throws: `invalid`.
    public init(parsing text: String) throws(ServiceError) {
        items = []
        if text.utf8.isEmpty { return }
        for part in Self.parts(of: text) {
            items.append(try Self.item(part, of: text))
        }
        if items.count(where: { $0 == .ellipsis }) > 1 {
            throw ServiceError(.invalid, "selection \(Self.quoted(text)) has more than one ellipsis")
        }
        if items.count(where: \.isList) > 1 {
            throw ServiceError(
                .invalid,
                "selection \(Self.quoted(text)) has more than one list of indices; several are points, not a selection")
        }
    }

    /// What stands between the commas that are in no brackets.
    private static func parts(of text: String) -> [Substring] {
        var isInList = false
        return text.split(omittingEmptySubsequences: false) { character in
            if character == "[" { isInList = true }
            if character == "]" { isInList = false }
            return character == "," && !isInList
        }
    }

    private static func item(_ part: Substring, of text: String) throws(ServiceError) -> Item {
        if part == "..." { return .ellipsis }
        if part.first == "[" { return .list(try list(part, of: text)) }
        let numbers = part.split(separator: ":", omittingEmptySubsequences: false)
        guard numbers.count > 1 else { return .index(try number(part, of: text)) }
        guard numbers.count <= 3 else { throw malformed(part, of: text) }
        var bounds: [Int?] = []
        for digits in numbers {
            bounds.append(digits.utf8.isEmpty ? nil : try number(digits, of: text))
        }
        let step = bounds.count == 3 ? bounds[2] : nil
        if let step, step < 1 {
            throw ServiceError(.invalid, "selection \(quoted(text)): step \(step) is not at least 1")
        }
        return .slice(start: bounds[0], stop: bounds[1], step: step)
    }

    private static func list(_ part: Substring, of text: String) throws(ServiceError) -> [Int] {
        guard part.last == "]" else { throw malformed(part, of: text) }
        var indices: [Int] = []
        let inside = part.dropFirst().dropLast()
        if inside.isEmpty { return [] }
        for digits in inside.split(separator: ",", omittingEmptySubsequences: false) {
            indices.append(try number(digits, of: text))
        }
        return indices
    }

    private static func number(_ digits: Substring, of text: String) throws(ServiceError) -> Int {
        guard let number = Int(digits), digits.utf8.first != UInt8(ascii: "+") else {
            throw malformed(digits, of: text)
        }
        return number
    }

    private static func quoted(_ text: String) -> String {
        text.utf8.count <= 100 ? "\"\(text)\"" : "\"\(text.prefix(90))...\""
    }

    private static func malformed(_ part: Substring, of text: String) -> ServiceError {
        ServiceError(
            .invalid,
            "selection \(quoted(text)): \"\(part.prefix(90))\" is not an integer, a slice start:stop:step, a list [i,j,k] or an "
                + "ellipsis ...")
    }
}

extension SelectionExpression.Item {
    fileprivate var isList: Bool {
        if case .list = self { true } else { false }
    }
}

extension SelectionExpression {
    /// The hyperslab that this expression selects in `shape`, by h5py's rules: slices clip, negative numbers count
    /// from the end, an integer drops its dimension and a list keeps it, missing trailing dimensions are whole.
    /// - Throws: `invalid` for too many dimensions and for a list that does not increase, `out_of_bounds` for an integer
    ///   outside.
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
            return Span(start: try resolved(index, dimension: dimension, extent: extent), count: 1)
        case .slice(let start, let stop, let step):
            let step = step ?? 1
            let first = clip(start ?? 0, to: extent)
            let last = clip(stop ?? extent, to: extent)
            let count = last > first ? (last - first - 1) / step + 1 : 0
            return Span(start: count == 0 ? 0 : first, stride: count <= 1 ? 1 : step, count: count)
        case .list(let indices):
            return try span(indices, dimension: dimension, extent: extent)
        case .ellipsis:
            return Span(start: 0, count: extent)
        }
    }

    private static func span(_ list: [Int], dimension: Int, extent: Int) throws(ServiceError) -> Span {
        var indices: [Int] = []
        for index in list { indices.append(try resolved(index, dimension: dimension, extent: extent)) }
        return try Span(indices: indices)
    }

    private static func resolved(_ index: Int, dimension: Int, extent: Int) throws(ServiceError) -> Int {
        guard index >= -extent, index < extent else {
            throw ServiceError(
                .outOfBounds, "index \(index) is outside dimension \(dimension), whose extent is \(extent)")
        }
        return index < 0 ? index + extent : index
    }

    private static func clip(_ bound: Int, to extent: Int) -> Int {
        bound < 0 ? max(bound + extent, 0) : min(bound, extent)
    }
}
