internal import CHDF5
internal import H5Model

extension VirtualSource {
    /// Adds the part to the property list of a new virtual dataset. The corresponding C function is `H5Pset_virtual`.
    func add(to list: hid_t, of dataspace: hid_t, _ operation: String) throws(HDF5Error) {
        let target = try Handle(H5Scopy(dataspace), .dataspace, operation)
        try self.target.select(in: target.id, operation)
        let maxima = source.spans?.map { $0.count == nil ? chdf5_unlimited() : hsize_t($0.extentForWriting) } ?? []
        let extents = (sourceShape ?? []).map { hsize_t($0) }
        let shape =
            extents.isEmpty
            ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(extents.count), extents, maxima)
        let source = try Handle(shape, .dataspace, operation)
        if !extents.isEmpty { try self.source.select(in: source.id, operation) }
        if H5Pset_virtual(list, target.id, try cString(file), try cString(path), source.id) < 0 {
            throw HDF5Error.refused(operation)
        }
    }
}

extension BlockSpan {
    fileprivate var extentForWriting: Int { start + ((count ?? 1) - 1) * stride + block }
}

extension MappedSelection {
    fileprivate func select(in space: hid_t, _ operation: String) throws(HDF5Error) {
        guard let spans, !spans.isEmpty else { return }
        let status = H5Sselect_hyperslab(
            space, H5S_SELECT_SET, spans.map { hsize_t($0.start) }, spans.map { hsize_t($0.stride) },
            spans.map { $0.count.map { hsize_t($0) } ?? chdf5_unlimited() }, spans.map { hsize_t($0.block) })
        if status < 0 { throw HDF5Error.refused(operation) }
    }
}
