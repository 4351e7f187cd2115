internal import CHDF5
internal import H5Model

/// The dataspace that an identifier stands for.
func dataspace(_ id: hid_t, of path: ObjectPath) throws(HDF5Error) -> Dataspace {
    switch H5Sget_simple_extent_type(id) {
    case H5S_NULL: return .null
    case H5S_SCALAR: return .scalar
    case H5S_SIMPLE: break
    default: throw HDF5Error.latest("reading the shape of \(path)")
    }
    let rank = Int(try check(H5Sget_simple_extent_ndims(id), "reading the shape of \(path)"))
    var extents = [hsize_t](repeating: 0, count: rank)
    var maximum = extents
    try check(H5Sget_simple_extent_dims(id, &extents, &maximum), "reading the shape of \(path)")
    var shape: Shape = []
    var limits: [Int?] = []
    for (extent, limit) in zip(extents, maximum) {
        guard let size = Int(exactly: extent) else {
            throw HDF5Error(.unsupported, "\(path) has a dimension of \(extent) elements, more than can be counted")
        }
        shape.append(size)
        limits.append(limit == chdf5_unlimited() ? nil : Int(clamping: limit))
    }
    return .simple(shape, maximum: limits)
}

extension Hyperslab {
    /// Throws unless every selected index lies inside `shape`.
    func checkBounds(in shape: Shape) throws(HDF5Error) {
        guard spans.count == shape.count else {
            throw HDF5Error(.invalid, "the selection has \(spans.count) dimensions, the dataset has \(shape.count)")
        }
        for (dimension, span) in spans.enumerated() {
            guard span.start >= 0, span.count >= 0, span.stride >= 1 else {
                throw HDF5Error(.invalid, "the selection of dimension \(dimension) is negative or has no stride")
            }
            guard span.count > 0 else { continue }
            let (reach, overflow) = (span.count - 1).multipliedReportingOverflow(by: span.stride)
            let (last, beyond) = span.start.addingReportingOverflow(reach)
            if overflow || beyond || last >= shape[dimension] {
                throw HDF5Error(
                    .outOfBounds,
                    "the selection reaches outside dimension \(dimension), whose extent is \(shape[dimension])")
            }
        }
    }

    /// Whether this is all of `shape`.
    func isWhole(_ shape: Shape) -> Bool {
        zip(spans, shape).allSatisfy { $0.start == 0 && $0.count == $1 && $0.stride == 1 }
    }

    /// Chooses these elements in the dataspace `id`.
    func select(in id: hid_t) throws(HDF5Error) {
        let status = H5Sselect_hyperslab(
            id, H5S_SELECT_SET, spans.map { hsize_t($0.start) }, spans.map { hsize_t($0.stride) },
            spans.map { hsize_t($0.count) }, nil)
        try check(status, "choosing elements")
    }
}
