internal import CHDF5
package import H5Model

extension Dataset {
    /// The parts of a virtual dataset; none for any other.
    ///
    /// The corresponding C functions are `H5Pget_virtual_filename`, `H5Pget_virtual_dsetname`, `H5Pget_virtual_vspace` and
    /// `H5Pget_virtual_srcspace`.
    package func sources() throws(HDF5Error) -> [VirtualSource] {
        guard case .virtual(let count) = layout else { return [] }
        return try virtualSources(of: creation.id, count: count, path)
    }
}

/// The parts of the virtual dataset that a property list describes.
func virtualSources(of creation: hid_t, count: Int, _ path: ObjectPath) throws(HDF5Error) -> [VirtualSource] {
    let operation = "reading the sources of \(path)"
    var sources: [VirtualSource] = []
    for index in 0..<count {
        let file = try text(operation) { H5Pget_virtual_filename(creation, index, $0, $1) }
        let dataset = try text(operation) { H5Pget_virtual_dsetname(creation, index, $0, $1) }
        let source = try Handle(H5Pget_virtual_srcspace(creation, index), .dataspace, operation)
        let target = try Handle(H5Pget_virtual_vspace(creation, index), .dataspace, operation)
        sources.append(
            VirtualSource(
                file: file, path: dataset, source: try mappedSelection(source.id, operation),
                target: try mappedSelection(target.id, operation)))
    }
    return sources
}

private func text(
    _ operation: String, _ read: (UnsafeMutablePointer<CChar>?, Int) -> Int
) throws(HDF5Error) -> [UInt8] {
    let length = try check(read(nil, 0), operation)
    var bytes = [CChar](repeating: 0, count: length + 1)
    try check(read(&bytes, bytes.count), operation)
    return bytes.dropLast().map(UInt8.init(bitPattern:))
}

private func mappedSelection(_ space: hid_t, _ operation: String) throws(HDF5Error) -> MappedSelection {
    switch H5Sget_select_type(space) {
    case H5S_SEL_ALL: return .all
    case H5S_SEL_HYPERSLABS: break
    default: return .irregular
    }
    guard try check(H5Sis_regular_hyperslab(space), operation) > 0 else { return .irregular }
    let rank = Int(try check(H5Sget_simple_extent_ndims(space), operation))
    var (start, stride) = ([hsize_t](repeating: 0, count: rank), [hsize_t](repeating: 0, count: rank))
    var (count, block) = (start, start)
    try check(H5Sget_regular_hyperslab(space, &start, &stride, &count, &block), operation)
    return .blocks(
        (0..<rank).map { BlockSpan(start: start[$0], stride: stride[$0], count: count[$0], block: block[$0]) })
}

extension BlockSpan {
    fileprivate init(start: hsize_t, stride: hsize_t, count: hsize_t, block: hsize_t) {
        let unlimited = chdf5_unlimited()
        // A single block without an end, as libhdf5 keeps it, is blocks of one without number.
        let isOpen = count == unlimited || block == unlimited
        self.init(
            start: Int(clamping: start), stride: block == unlimited ? 1 : Int(clamping: stride),
            count: isOpen ? nil : Int(clamping: count), block: block == unlimited ? 1 : Int(clamping: block))
    }
}
