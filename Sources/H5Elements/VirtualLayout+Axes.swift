public import H5Model

extension VirtualLayout {
    /// Puts elements of a dataset into place.
    /// - Parameters:
    ///   - path: The dataset's path in its file.
    ///   - file: The file as the virtual dataset's folder sees it; `.` is the virtual dataset's own.
    ///   - shape: The dataset's shape.
    ///   - selection: Which of its elements; all where none is given.
    ///   - target: Where they stand.
    /// - Throws: `invalid` for selections of different numbers of elements; `out_of_bounds`.
    public mutating func add<each Axis: AxisSelection>(
        _ path: String, of file: String = ".", shape: Shape, selection: SelectionExpression? = nil,
        at target: repeat each Axis
    ) throws(ServiceError) {
        try add(
            path, of: file, shape: shape, selection: selection,
            target: try SelectionExpression(axes: repeat each target))
    }
}
