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
