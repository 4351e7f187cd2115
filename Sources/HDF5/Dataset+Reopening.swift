internal import CHDF5

extension Dataset {
    /// The same dataset with what a change of its shape has changed.
    package func reopened(in file: borrowing File) throws(HDF5Error) -> Dataset {
        let id = object.handle.id
        try check(H5Iinc_ref(id), "reading \(path)")
        return try Dataset(try Object(id, at: path), in: file)
    }
}
