/// The extents of a simple dataspace, slowest varying dimension first.
public typealias Shape = [Int]

extension Shape {
    /// The number of elements; nil where it does not fit an `Int`.
    public var elementCount: Int? {
        var count = 1
        for extent in self {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            if overflow { return nil }
            count = product
        }
        return count
    }
}

/// A dataset's or attribute's dataspace.
public enum Dataspace: Equatable, Sendable {
    /// No elements and no shape (`H5S_NULL`).
    case null
    /// One element, rank 0.
    case scalar
    /// A shape and its maximum; nil in `maximum` is an unlimited dimension.
    case simple(Shape, maximum: [Int?])

    /// The shape: `[]` for a scalar, nil for a null dataspace.
    public var shape: Shape? {
        switch self {
        case .null: nil
        case .scalar: []
        case .simple(let shape, _): shape
        }
    }

    /// The maximum shape; nil for a null dataspace.
    public var maximumShape: [Int?]? {
        switch self {
        case .null: nil
        case .scalar: []
        case .simple(_, let maximum): maximum
        }
    }
}
