internal import CHDF5
internal import H5Model
internal import RedoLog

extension Dataset {
    /// From now on this dataset's values are written to their place at once, and not with the transaction's commit.
    /// - Returns: false where that could harm more than the values themselves, or the transaction does not allow it.
    package func beginWritingThrough() throws(HDF5Error) -> Bool {
        guard let transaction = access.transaction, !datatype.hasVariableLength, try filters().isEmpty else {
            return false
        }
        return isAllocated && transaction.beginWritingThrough()
    }

    /// Whether every element has its place in the file, which no write changes.
    ///
    /// > `H5Dget_space_status` takes a dataset whose last chunks reach past its shape for one of which a part is missing.
    private var isAllocated: Bool {
        guard let shape = dataspace.shape else { return false }
        switch layout {
        case .contiguous(let offset): return offset != nil
        case .chunked(let chunk):
            let chunks = zip(shape, chunk).map { ($0 + $1 - 1) / $1 }
            guard let count = chunks.elementCount, let elements = chunk.elementCount, count > 0 else { return false }
            let (size, isTooLong) = (count.multipliedReportingOverflow(by: elements * datatype.size))
            return !isTooLong && H5Dget_storage_size(object.handle.id) == UInt64(size)
        case .compact, .virtual, .externalStorage: return false
        }
    }

    /// Writes what libhdf5 keeps of the values. The corresponding C function is `H5Dflush`.
    package func flush() throws(HDF5Error) {
        if H5Dflush(object.handle.id) < 0 { throw HDF5Error.refused("writing \(path)") }
    }

    package func endWritingThrough() {
        access.transaction?.endWritingThrough()
    }
}
