public import H5Model
internal import HDF5

extension ReadableFile {
    /// Everything that describes the committed datatype at `path`.
    /// - Throws: As `kind(at:)`, and `wrong_kind`.
    public func datatypeInfo(at path: ObjectPath) throws(ServiceError) -> DatatypeInfo {
        try boundary.run { () throws(HDF5Error) in try file.object(at: path).datatypeInfo() }
    }
}

extension WritableFile {
    /// The committed datatype at `path`, for something that is to be made of it: it is in this file.
    /// - Throws: As `ReadableFile.datatype(at:)`; `unsupported` behind an external link.
    public func committedDatatype(at path: ObjectPath) throws(ServiceError) -> Datatype {
        try contents.boundary.run { () throws(HDF5Error) in
            try contents.file.committedDatatype(at: path).committedDatatype()
        }
    }

    /// Commits a datatype, of which datasets and attributes can be made, and makes the groups on the way to it.
    /// - Throws: As `createGroup`; `invalid`, `unsupported` or `too_large` for a datatype that cannot be stored.
    public func commit(_ datatype: Datatype, at path: ObjectPath) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in try contents.file.commit(datatype, at: path) }
    }

    /// Gives an attribute other values of its own shape and datatype.
    /// - Parameter bytes: The elements in the packed type, as described at `Value`.
    /// - Throws: `not_found`, also for the attribute; `invalid` for bytes that do not fit, and for a null dataspace;
    ///   `unsupported` for values of its datatype; `out_of_space`; `damaged`.
    public func modifyAttribute(
        _ name: HDF5Name, of path: ObjectPath, bytes: [UInt8]
    ) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in
            try contents.file.object(at: path).modifyAttribute(name, bytes)
        }
    }
}
