internal import CHDF5
package import H5Model

extension Dataset {
    /// Where the selected elements lie in the file as one run of bytes, exactly as they would travel in the type `wire`.
    ///
    /// Both numbers are bytes, the offset counts from the file's first byte (a user block included). The corresponding C
    /// function is `H5Dget_offset`.
    ///
    /// - Returns: Nil where the bytes are not one run, are not stored as they travel, or lie outside the file.
    package func fileRegion(of selection: Selection, as wire: Datatype) throws(HDF5Error) -> (offset: Int, length: Int)?
    {
        guard access.isPlain, access.origin == nil, case .contiguous(let offset?) = layout, let shape = dataspace.shape,
            wire == datatype,
            wire == wire.packed(), !wire.hasVariableLength, wire.unsupportedReason == nil
        else { return nil }
        try selection.checkBounds(in: shape)
        guard case .hyperslab(let slab) = selection, let run = slab.run(in: shape),
            let start = product(run.start, wire.size),
            let length = product(run.count, wire.size), length > 0
        else { return nil }
        let stored = Int(clamping: H5Dget_storage_size(object.handle.id))
        guard start <= stored, length <= stored - start, offset <= Int(clamping: access.size),
            stored <= Int(clamping: access.size) - offset
        else { return nil }
        return (offset + start, length)
    }

    private func product(_ left: Int, _ right: Int) -> Int? {
        let (value, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? nil : value
    }
}

extension Hyperslab {
    /// The selected elements as one run of the row-major order of `shape`; nil where they are several.
    fileprivate func run(in shape: Shape) -> (start: Int, count: Int)? {
        var start = 0
        var count = 1
        var inner = 1
        var isWhole = true
        for (span, extent) in zip(spans, shape).reversed() {
            guard span.count <= 1 || (isWhole && span.stride == 1 && !span.isList) else { return nil }
            isWhole = isWhole && span.isAll(of: extent)
            let (skipped, overflow) = span.start.multipliedReportingOverflow(by: inner)
            if overflow { return nil }
            start += skipped
            count *= span.count
            inner = inner.multipliedReportingOverflow(by: extent).partialValue
        }
        return (start, count)
    }
}
