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
        switch layout {
        case .contiguous, .chunked: break
        case .compact, .virtual, .externalStorage: return false
        }
        var status = H5D_SPACE_STATUS_ERROR
        try check(H5Dget_space_status(object.handle.id, &status), "asking for the storage of \(path)")
        return status == H5D_SPACE_STATUS_ALLOCATED && transaction.beginWritingThrough()
    }

    /// Writes what libhdf5 keeps of the values. The corresponding C function is `H5Dflush`.
    package func flush() throws(HDF5Error) {
        if H5Dflush(object.handle.id) < 0 { throw HDF5Error.refused("writing \(path)") }
    }

    package func endWritingThrough() {
        access.transaction?.endWritingThrough()
    }
}
