extension Dataspace {
    /// HDF5's own limit.
    static let largestRank = 32

    /// Throws where no dataset can have this dataspace.
    /// - Parameter elementSize: Bytes of one element.
    /// - Throws: `invalid`, `too_large`.
    public func checkStorable(elementSize: Int) throws(ServiceError) {
        guard case .simple(let shape, let maximum) = self else { return }
        guard (1...Self.largestRank).contains(shape.count) else {
            throw ServiceError(
                .invalid, "a simple dataspace has 1 to \(Self.largestRank) dimensions, not \(shape.count)")
        }
        try shape.checkExtents()
        guard maximum.count == shape.count else {
            throw ServiceError(
                .invalid, "the maximum shape has \(maximum.count) dimensions, the shape has \(shape.count)")
        }
        for (dimension, (extent, limit)) in zip(shape, maximum).enumerated() {
            if let limit, limit < extent {
                throw ServiceError(
                    .invalid, "dimension \(dimension) has the extent \(extent), more than its maximum \(limit)")
            }
        }
        guard let count = shape.elementCount, !count.multipliedReportingOverflow(by: elementSize).overflow else {
            throw ServiceError(.tooLarge, "a dataset of shape \(shape) has more bytes than can be counted")
        }
    }

    /// Whether the shape can be changed later.
    var isResizable: Bool {
        guard case .simple(let shape, let maximum) = self else { return false }
        return zip(shape, maximum).contains { $0 != $1 }
    }
}

extension Shape {
    /// Throws for a negative extent.
    func checkExtents() throws(ServiceError) {
        for (dimension, extent) in enumerated() where extent < 0 {
            throw ServiceError(.invalid, "dimension \(dimension) has the extent \(extent), which is negative")
        }
    }
}
