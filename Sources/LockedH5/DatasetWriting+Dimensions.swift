public import H5Model
internal import HDF5

extension DatasetReading where Self: ~Copyable & ~Escapable {
    /// The dimensions' labels and scales, and whether the dataset is a scale itself.
    /// - Throws: `damaged`.
    public var dimensionScales: DimensionScales {
        get throws(ServiceError) {
            try scope.boundary.run { () throws(HDF5Error) in try datasetHandle.dataset.dimensionScales() }
        }
    }
}

extension DatasetWriting where Self: ~Copyable & ~Escapable {
    /// Makes the dataset a dimension scale.
    /// - Throws: `invalid` for a dataset that has scales itself; `out_of_space`; `damaged`.
    public func makeScale(named name: HDF5Name = "") throws(ServiceError) {
        try scope.boundary.run { () throws(HDF5Error) in try datasetHandle.dataset.makeScale(named: name) }
    }

    /// Labels a dimension.
    /// - Throws: `out_of_bounds` for a dimension that there is not; `out_of_space`; `damaged`.
    public func labelDimension(_ dimension: Int, _ label: HDF5Name) throws(ServiceError) {
        try scope.boundary.run { () throws(HDF5Error) in try datasetHandle.dataset.label(dimension, label) }
    }

    /// Attaches a scale to a dimension; a dataset that is none becomes one.
    /// - Throws: `out_of_bounds` for a dimension that there is not; `invalid` where a scale would have a scale;
    ///   `out_of_space`; `damaged`.
    public func attachScale(_ scale: WritableDataset, to dimension: Int) throws(ServiceError) {
        try scope.boundary.run { () throws(HDF5Error) in
            try datasetHandle.dataset.attach(scale.datasetHandle.dataset, to: dimension)
        }
    }

    /// Detaches a scale from a dimension.
    /// - Throws: `not_found` for one that is not attached; `out_of_bounds` for a dimension that there is not; `damaged`.
    public func detachScale(_ scale: WritableDataset, from dimension: Int) throws(ServiceError) {
        try scope.boundary.run { () throws(HDF5Error) in
            try datasetHandle.dataset.detach(scale.datasetHandle.dataset, from: dimension)
        }
    }
}
