package import H5Model

/// The brackets and commas of nested JSON lists, cut anywhere between elements.
///
/// What `write` appends for consecutive runs of elements is, put together, exactly the text of the whole.
package struct NestedLists {
    private let rank: Int
    /// Elements of a list at each depth: `[n*m*k, m*k, k]` for the shape `[n, m, k]`.
    private let sizes: [Int]

    /// - Parameter shape: What the lists have; its element count fits an `Int`.
    init(shape: Shape) {
        rank = shape.count
        var sizes = shape
        for depth in shape.indices.dropLast().reversed() {
            sizes[depth] = shape[depth] * sizes[depth + 1]
        }
        self.sizes = sizes
    }

    /// Appends elements `first..<first + count` with the brackets and the commas that belong to them.
    ///
    /// - Parameter row: Appends that many further elements of one innermost list, comma separated.
    func write<E: Error>(
        first: Int, count: Int, to text: inout [UInt8], row: (Int, inout [UInt8]) throws(E) -> Void
    ) throws(E) {
        guard rank > 0 else { return try row(1, &text) }
        let rowSize = sizes[rank - 1]
        var place = first
        while place < first + count {
            if place > 0 { text.append(UInt8(ascii: ",")) }
            append(UInt8(ascii: "["), listsAt: place, to: &text)
            let run = min(rowSize - place % rowSize, first + count - place)
            try row(run, &text)
            place += run
            append(UInt8(ascii: "]"), listsAt: place, to: &text)
        }
    }

    /// One bracket for each list that begins, or ends, between elements `place - 1` and `place`.
    private func append(_ bracket: UInt8, listsAt place: Int, to text: inout [UInt8]) {
        for size in sizes.reversed() {
            if place % size != 0 { return }
            text.append(bracket)
        }
    }

    /// Appends the lists of a shape that has no elements; nested empty lists for `[2, 0]`.
    static func appendEmpty(_ shape: ArraySlice<Int>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "["))
        if let extent = shape.first {
            for index in 0..<extent {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                appendEmpty(shape.dropFirst(), to: &text)
            }
        }
        text.append(UInt8(ascii: "]"))
    }

    /// A text has no more lists than so many that are empty.
    private static let mostEmpty = 1 << 20

    /// Whether the text of a shape without elements has not too many lists.
    package static func canBeEmpty(_ shape: Shape) -> Bool {
        Array(shape.prefix { $0 > 0 }).elementCount.map { $0 <= mostEmpty } ?? false
    }
}
