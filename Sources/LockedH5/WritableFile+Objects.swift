public import H5Model
internal import HDF5

extension WritableFile {
    /// Makes a group, and the groups on the way to it.
    /// - Parameter tracksCreationOrder: Whether it keeps the order in which its members and attributes are made.
    /// - Throws: `exists`; `wrong_kind` where something that is no group is in the way; `unsupported` for an external link
    ///   there; `not_found` for a soft link there that leads nowhere; `invalid` for a name that no link can have;
    ///   `out_of_space`; `damaged`.
    public func createGroup(at path: ObjectPath, tracksCreationOrder: Bool = false) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in
            try contents.file.createGroup(at: path, tracksCreationOrder: tracksCreationOrder)
        }
    }

    /// Makes a dataset, and the groups on the way to it; until values are written its elements are the fill value.
    /// - Throws: As `createGroup`; `invalid`, `unsupported` or `too_large` for a dataset that cannot be made so.
    public func createDataset(at path: ObjectPath, _ creation: DatasetCreation) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in try contents.file.createDataset(at: path, creation) }
    }

    /// Gives a chunked dataset another shape, up to its maximum; elements outside the new shape are dropped.
    /// - Throws: `not_found`; `wrong_kind`; `unsupported` for a dataset without chunks; `invalid` for another rank;
    ///   `out_of_bounds` beyond the maximum shape; `out_of_space`; `damaged`.
    public func resize(_ path: ObjectPath, to shape: Shape) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in try contents.file.dataset(at: path).resize(to: shape) }
    }

    /// Opens the dataset at `path` for the scope of `body`.
    /// - Throws: `not_found`; `wrong_kind`; `unsupported`; `damaged`; and what `body` throws.
    public func withDataset<R>(
        at path: ObjectPath, _ body: (borrowing WritableDataset) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        let dataset = try contents.boundary.run { () throws(HDF5Error) in try contents.file.dataset(at: path) }
        return try body(WritableDataset(ObjectHandle(dataset), contents.scope))
    }
}
