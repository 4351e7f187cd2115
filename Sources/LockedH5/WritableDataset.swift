public import H5Model
internal import HDF5

/// A dataset inside a writing scope.
public struct WritableDataset: ~Escapable, DatasetWriting {
    public let scope: FileScope
    public let datasetHandle: ObjectHandle

    @_lifetime(immortal)
    init(_ handle: ObjectHandle, _ scope: FileScope) {
        datasetHandle = handle
        self.scope = scope
    }

    var dataset: Dataset { _read { yield datasetHandle.dataset } }
    var boundary: Boundary { scope.boundary }

    /// Writes the selected elements.
    ///
    /// Nothing is copied but strings, a few at a time: the bytes may be a mapped file, larger than memory.
    ///
    /// - Parameters:
    ///   - type: The stored one's `packed`, in its own byte order, or with fewer fields; the others keep their values.
    ///   - bytes: As described at `Value`: as many elements as the selection has, in its order. Of elements that are
    ///     selected twice the last one stays.
    /// - Throws: `out_of_bounds`; `invalid` for other bytes than the elements take, and for a null dataspace; `unsupported`
    ///   for a layout, filter or datatype that cannot be written; `out_of_space`; `damaged`.
    public func write(
        _ selection: Selection, as type: Datatype, _ bytes: UnsafeRawBufferPointer
    ) throws(ServiceError) {
        try boundary.run { () throws(HDF5Error) in try dataset.write(selection, as: type, bytes) }
    }

    /// Writes a hyperslab, row-major.
    /// - Throws: As `write` of a selection.
    public func write(
        _ selection: Hyperslab, as type: Datatype, _ bytes: UnsafeRawBufferPointer
    ) throws(ServiceError) {
        try write(.hyperslab(selection), as: type, bytes)
    }

    /// Writes elements one by one, in the order of the points.
    /// - Throws: As `write` of a selection.
    public func write(
        points: Points, as type: Datatype, _ bytes: UnsafeRawBufferPointer
    ) throws(ServiceError) {
        try write(.points(points), as: type, bytes)
    }

    /// Runs `body`, whose writes of this dataset's values go to their place in the file at once, without the log. It is
    /// meant for slabs so large that to write them twice takes too long.
    ///
    /// Only metadata is all or nothing then: what ends in the middle (an error, a crash) leaves some of the new values
    /// among the old ones, and a file that is in order. That needs a dataset whose values never move, with elements of a
    /// fixed size, no filters and all of its space allocated, in a scope that has changed nothing else before; with any
    /// other the body's writes are all or nothing as always.
    /// - Returns: Whether values were written so.
    @discardableResult
    public func writeThrough(_ body: () throws(ServiceError) -> Void) throws(ServiceError) -> Bool {
        let begun = try boundary.run { () throws(HDF5Error) in try dataset.beginWritingThrough() }
        defer { if begun { dataset.endWritingThrough() } }
        try body()
        if begun { try boundary.run { () throws(HDF5Error) in try dataset.flush() } }
        return begun
    }
}
