package import H5Model

extension Points {
    /// - Throws: `invalid` for points of another rank; `out_of_bounds`.
    package init(_ points: [[Int]], in shape: Shape, _ subject: String) throws(ServiceError) {
        if let odd = points.first(where: { $0.count != shape.count }) {
            throw ServiceError(.invalid, "\(subject) has \(shape.count) dimensions, the point \(odd) has \(odd.count)")
        }
        self = try Points(rank: shape.count, coordinates: points.flatMap { $0 }).resolved(in: shape)
    }

    /// The points where `mask` is true.
    /// - Throws: `invalid` for a mask of another shape.
    package init(_ mask: NDArray<Bool>, in shape: Shape, _ subject: String) throws(ServiceError) {
        guard mask.shape == shape else {
            throw ServiceError(.invalid, "\(subject) has the shape \(shape), the mask \(mask.shape)")
        }
        var coordinates: [Int] = []
        for (place, isChosen) in mask.elements.enumerated() where isChosen {
            var rest = place
            var point = shape
            for dimension in shape.indices.reversed() {
                point[dimension] = rest % shape[dimension]
                rest /= shape[dimension]
            }
            coordinates += point
        }
        self = try Points(rank: shape.count, coordinates: coordinates)
    }
}
