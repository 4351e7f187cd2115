public import H5Elements
public import H5Model
internal import HDF5

extension GroupWriting where Self: ~Copyable & ~Escapable {
    /// Copies an object of this file, with everything below it; groups on the way to the new place are made.
    /// - Throws: `not_found`; `exists`; as `createGroup`; `out_of_space`; `damaged`.
    public func copy(
        _ source: some PathConvertible, to path: some PathConvertible, _ options: CopyOptions = CopyOptions()
    ) throws(ServiceError) {
        let (source, path) = (absolute(source), absolute(path))
        try scope.run { file throws(HDF5Error) in try file.copy(source, of: file, to: path, options) }
    }

    /// Copies an object of this scope, or of another that is around it, with everything below it; groups on the way to the
    /// new place are made.
    /// - Throws: As above, but for `not_found`.
    public func copy<Source: ObjectReading & ~Copyable & ~Escapable>(
        _ object: borrowing Source, to path: some PathConvertible, _ options: CopyOptions = CopyOptions()
    ) throws(ServiceError) {
        let path = absolute(path)
        let (handle, title) = (try object.handle, object.fileName)
        try scope.run { file throws(HDF5Error) in try file.copy(handle.object, of: title, to: path, options) }
    }
}
