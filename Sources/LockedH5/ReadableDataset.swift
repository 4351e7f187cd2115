public import H5Model
internal import HDF5

/// A dataset inside a reading scope.
public struct ReadableDataset: ~Escapable, DatasetReading {
    public let scope: FileScope
    public let datasetHandle: ObjectHandle

    @_lifetime(immortal)
    init(_ handle: ObjectHandle, _ scope: FileScope) {
        datasetHandle = handle
        self.scope = scope
    }

    var dataset: Dataset { _read { yield datasetHandle.dataset } }
    var boundary: Boundary { scope.boundary }

    /// Reads the selected elements, in the selection's order, as described at `Value`.
    /// - Parameters:
    ///   - type: A packed type: the stored one's `packed`, in another byte order, or with fewer fields; of numbers and
    ///     enumerations also another number's, which libhdf5 converts to, clipping what does not fit.
    ///   - limit: The most bytes that the elements may take.
    /// - Throws: `out_of_bounds`; `too_large`; `unsupported` for a layout, filter or datatype that cannot be read;
    ///   `invalid` for a null dataspace; `damaged`.
    public func read(
        _ selection: Selection, as type: Datatype, limit: Int = .max
    ) throws(ServiceError) -> Value {
        try boundary.run { () throws(HDF5Error) in try dataset.read(selection, as: type, limit: limit) }
    }

    /// Reads a hyperslab, row-major.
    /// - Throws: As `read` of a selection.
    public func read(
        _ selection: Hyperslab, as type: Datatype, limit: Int = .max
    ) throws(ServiceError) -> Value {
        try read(.hyperslab(selection), as: type, limit: limit)
    }

    /// Reads elements one by one: a list, in the order of the points.
    /// - Throws: As `read` of a selection.
    public func read(points: Points, as type: Datatype, limit: Int = .max) throws(ServiceError) -> Value {
        try read(.points(points), as: type, limit: limit)
    }

    /// Where the selected elements lie in the file as one run of bytes, exactly as they would travel; both in bytes.
    /// - Returns: Nil where the bytes are not one run, or are not stored as they travel.
    /// - Throws: `out_of_bounds`.
    public func fileRegion(
        of selection: Selection, as type: Datatype
    ) throws(ServiceError) -> (offset: Int, length: Int)? {
        try boundary.run { () throws(HDF5Error) in try dataset.fileRegion(of: selection, as: type) }
    }
}
