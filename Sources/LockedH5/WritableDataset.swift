public import H5Model
internal import HDF5

/// A dataset inside a writing scope.
public struct WritableDataset: ~Copyable {
    private let dataset: Dataset
    private let boundary: Boundary

    init(_ dataset: consuming Dataset, _ boundary: Boundary) {
        self.dataset = dataset
        self.boundary = boundary
    }

    public var path: ObjectPath { dataset.path }
    public var dataspace: Dataspace { dataset.dataspace }
    /// The type as it is stored; `packed` makes the type in which values travel.
    public var datatype: Datatype { dataset.datatype }
    public var layout: Layout { dataset.layout }

    /// Writes the selected elements.
    ///
    /// Nothing is copied but strings, a few at a time: the bytes may be a mapped file, larger than memory.
    ///
    /// - Parameters:
    ///   - type: The stored one's `packed`, in its own byte order, or with fewer fields; the others keep their values.
    ///   - bytes: As described at `Value`: row-major, as many elements as the selection's `counts`.
    /// - Throws: `out_of_bounds`; `invalid` for other bytes than the elements take, and for a null dataspace; `unsupported`
    ///   for a layout, filter or datatype that cannot be written; `out_of_space`; `damaged`.
    public func write(
        _ selection: Hyperslab, as type: Datatype, _ bytes: UnsafeRawBufferPointer
    ) throws(ServiceError) {
        try boundary.run { () throws(HDF5Error) in try dataset.write(selection, as: type, bytes) }
    }
}
