/// How a virtual dataset of a fixed shape is put together: which elements of which datasets stand where.
public struct VirtualLayout: Equatable, Sendable {
    /// The virtual dataset's.
    public let shape: Shape
    public private(set) var sources: [VirtualSource] = []

    public init(shape: Shape) {
        self.shape = shape
    }

    /// Puts elements of a dataset into place.
    /// - Parameters:
    ///   - path: The dataset's path in its file.
    ///   - file: The file as the virtual dataset's folder sees it; `.` is the virtual dataset's own.
    ///   - shape: The dataset's shape.
    ///   - selection: Which of its elements; all where none is given.
    ///   - target: Where they stand.
    /// - Throws: `invalid` for selections of different numbers of elements; `out_of_bounds`.
    public mutating func add(
        _ path: String, of file: String = ".", shape: Shape, selection: SelectionExpression? = nil,
        target: SelectionExpression
    ) throws(ServiceError) {
        let chosen = try selection?.resolved(in: shape) ?? Hyperslab(all: shape)
        let source = VirtualSource(
            file: Array(file.utf8), path: Array(path.utf8), source: try MappedSelection(chosen),
            target: try MappedSelection(try target.resolved(in: self.shape)))
        try source.check(in: .simple(self.shape, maximum: self.shape))
        sources.append(source)
    }
}
