public import H5Model

extension GroupWriting where Self: ~Copyable & ~Escapable {
    /// Makes a virtual dataset, whose elements are those of other datasets, and the groups on the way to it.
    /// - Parameters:
    ///   - type: Tells the datatype, where none is given.
    ///   - fillValue: What stands where no source does, and where a source is not there.
    /// - Throws: As `createDataset`.
    @discardableResult
    @_lifetime(copy self)
    public func createVirtualDataset<E: Element>(
        _ path: some PathConvertible, of type: E.Type, _ layout: VirtualLayout, datatype: Datatype? = nil,
        fillValue: E? = nil
    ) throws(ServiceError) -> WritableDataset {
        let options = NewDataset(shape: layout.shape, datatype: datatype, fillValue: fillValue)
        var creation = try options.creation(example: fillValue)
        creation.sources = layout.sources
        return try createDataset(path, creation)
    }
}

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
