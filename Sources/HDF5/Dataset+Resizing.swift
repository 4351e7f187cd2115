internal import CHDF5
package import H5Model

extension Dataset {
    /// Gives the dataset another shape; elements outside it are dropped. The corresponding C function is `H5Dset_extent`.
    package func resize(to newShape: Shape) throws(HDF5Error) {
        guard case .chunked = layout, case .simple(let shape, let maximum) = dataspace else {
            throw HDF5Error(.unsupported, "\(path) is not chunked, and so cannot be resized")
        }
        guard newShape.count == shape.count else {
            throw HDF5Error(.invalid, "\(path) has \(shape.count) dimensions, the new shape has \(newShape.count)")
        }
        for (dimension, (extent, limit)) in zip(newShape, maximum).enumerated() {
            if extent < 0 { throw HDF5Error(.invalid, "dimension \(dimension) would have the extent \(extent)") }
            if let limit, extent > limit {
                throw HDF5Error(
                    .outOfBounds, "dimension \(dimension) of \(path) can grow to \(limit), not to \(extent)")
            }
        }
        guard let count = newShape.elementCount, !count.multipliedReportingOverflow(by: datatype.size).overflow else {
            throw HDF5Error(.tooLarge, "\(path) of shape \(newShape) would have more bytes than can be counted")
        }
        try checkEncodes()
        try setExtent(newShape)
        if count == 0, shape.elementCount != 0, case .chunked(let chunk) = layout, chunk == maximum {
            try forgetSingleChunk(newShape)
        }
    }

    private func setExtent(_ shape: Shape) throws(HDF5Error) {
        if H5Dset_extent(object.handle.id, shape.map { hsize_t($0) }) < 0 {
            throw HDF5Error.refused("resizing \(path)")
        }
    }

    /// Has libhdf5 store that the only chunk is gone from a dataset that has become empty.
    ///
    /// In the newer format the layout itself tells where a single chunk is. libhdf5 1.10.8 gives the chunk's space back
    /// and stores the layout as it was, so that the dataset gets other objects' bytes when it grows again. The layout is
    /// stored anew after an element was written where there was no chunk.
    private func forgetSingleChunk(_ shape: Shape) throws(HDF5Error) {
        try setExtent(shape.map { _ in 1 })
        let element = [UInt8](repeating: 0, count: datatype.size)
        if H5Dwrite(object.handle.id, type.id, 0, 0, 0, element) < 0 { throw HDF5Error.refused("resizing \(path)") }
        try setExtent(shape)
    }
}
