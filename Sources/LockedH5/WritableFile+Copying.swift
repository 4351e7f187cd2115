public import H5Model
internal import HDF5

extension WritableFile {
    /// Copies the object at `source` of another file, which a scope around this one reads.
    /// - Throws: As `copy` in a file.
    public func copy(
        _ source: ObjectPath, of other: borrowing ReadableFile, to path: ObjectPath,
        _ options: CopyOptions = CopyOptions()
    ) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in
            try contents.file.copy(source, of: other.file, to: path, options)
        }
    }

    /// Copies the object at `source` of a file that is opened by its name: from the served directory on, with a leading
    /// slash.
    /// - Throws: As `copy` in a file, and what keeps the other file from being read.
    public func copy(
        _ source: ObjectPath, ofFile name: [UInt8], to path: ObjectPath, _ options: CopyOptions = CopyOptions()
    ) throws(ServiceError) {
        try contents.boundary.run { () throws(HDF5Error) in
            try contents.file.copy(source, ofFile: name, to: path, options)
        }
    }
}
