public import H5Model
internal import HDF5

extension WritableFile {
    /// Makes an attribute of the object at `path`, or replaces the one of that name.
    /// - Parameters:
    ///   - dataspace: Attributes do not grow: its maximum shape counts for nothing.
    ///   - committedDatatype: Where `datatype` is committed in the file, and so becomes the attribute's.
    ///   - bytes: The elements in the packed type, as described at `Value`; none for a null dataspace.
    /// - Returns: Whether there was none of that name.
    /// - Throws: `not_found`; `invalid` for a name, datatype or bytes that cannot be; `unsupported` for values of that
    ///   datatype; `too_large` for more than the file's format can hold (64 KiB in the oldest); `out_of_space`; `damaged`.
    @discardableResult
    public func setAttribute(
        _ name: HDF5Name, of path: ObjectPath, dataspace: Dataspace, datatype: Datatype,
        committedDatatype: ObjectPath? = nil, bytes: [UInt8]
    ) throws(ServiceError) -> Bool {
        try contents.boundary.run { () throws(HDF5Error) in
            try contents.file.setAttribute(
                name, of: path, dataspace, datatype, committedDatatype, bytes)
        }
    }

    /// Removes an attribute of the object at `path`.
    /// - Throws: `not_found`, also for the attribute; `damaged`.
    public func removeAttribute(_ name: HDF5Name, of path: ObjectPath) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in try contents.file.object(at: path).removeAttribute(name) }
    }
}
