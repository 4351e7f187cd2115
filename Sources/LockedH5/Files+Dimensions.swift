public import H5Model
internal import HDF5

extension ReadableFile {
    /// What the dataset at `path` says of its dimensions: labels and scales.
    /// - Throws: As `dataset(at:)`.
    public func dimensionScales(of path: ObjectPath) throws(ServiceError) -> DimensionScales {
        try boundary.run { () throws(HDF5Error) in try file.dataset(at: path).dimensionScales() }
    }
}

extension WritableFile {
    /// Changes what the dataset at `path` says of its dimensions.
    /// - Throws: `not_found`, also for a scale, and for one that is to be detached and is not attached; `wrong_kind`;
    ///   `out_of_bounds` for a dimension that there is not; `invalid` where a scale would have a scale; `unsupported`;
    ///   `out_of_space`; `damaged`.
    public func change(_ change: DimensionChange, of path: ObjectPath) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in try contents.file.change(change, of: path) }
    }
}
