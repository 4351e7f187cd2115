/// What a dataset says of its dimensions (the HDF5 Dimension Scale specification).
public struct DimensionScales: Equatable, Sendable {
    /// One dimension of the dataset.
    public struct Dimension: Equatable, Sendable {
        /// Empty where there is none.
        public var label: HDF5Name
        /// The datasets that are attached as its scales; nil for one to which no path leads any more.
        public var scales: [ObjectPath?]

        public init(label: HDF5Name, scales: [ObjectPath?]) {
            self.label = label
            self.scales = scales
        }
    }

    /// The dataset's own name as a scale, which may be empty; nil where it is no scale.
    public var scaleName: HDF5Name?
    public var dimensions: [Dimension]

    public init(scaleName: HDF5Name?, dimensions: [Dimension]) {
        self.scaleName = scaleName
        self.dimensions = dimensions
    }
}

/// A change of what a dataset says of its dimensions.
public enum DimensionChange: Equatable, Sendable {
    /// Makes the dataset a scale of that name.
    case makeScale(HDF5Name)
    case label(Int, HDF5Name)
    /// Attaches the scale at a path to a dimension; a dataset that is none becomes one.
    case attach(Int, ObjectPath)
    case detach(Int, ObjectPath)
}
