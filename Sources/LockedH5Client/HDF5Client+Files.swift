public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

extension HDF5Client {
    /// Makes a file.
    /// - Parameters:
    ///   - mode: What becomes of a file that is there; one that others hold is never emptied.
    ///   - creation: How the file is made, where one is made.
    ///   - creatingDirectories: Whether directories on the way to it that are missing are made too.
    /// - Returns: The file.
    /// - Throws: `exists`; `not_found`, also for a directory on the way; `locked`; `not_hdf5`; `forbidden`; `out_of_space`.
    @discardableResult
    public func createFile(
        _ path: ServedPath, mode: WriteMode = .create, creation: FileCreation = FileCreation(),
        creatingDirectories: Bool = false, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> RemoteFile {
        let file = file(path, options: options)
        if mode == .existing {
            _ = try await file.info
            return file
        }
        var target = ResourceTarget("files", file: path)
        if creatingDirectories { target.add("parents", "true") }
        if mode == .createIfMissing { target.add("require", "true") }
        var request = request(target, method: .put, options)
        request.headerFields[.contentType] = "application/json"
        if mode == .create { request.headerFields[.ifNoneMatch] = "*" }
        do throws(HDF5ClientError) {
            // What others put into the file after an answer that was lost is not emptied once more.
            let repetition: Repetition? = mode == .replace ? .more : nil
            _ = try await send(request, body: creation.json, repetition: repetition, options)
        } catch {
            guard mode == .create, error.code == .preconditionFailed else { throw error }
            throw HDF5ClientError(ServiceError(.exists, "\(path) exists already"))
        }
        return file
    }

    /// Makes a directory.
    /// - Parameters:
    ///   - isRequired: Whether one that is there will do.
    ///   - creatingDirectories: Whether directories on the way to it that are missing are made too.
    /// - Throws: `exists`; `not_found` for a directory on the way; `forbidden`.
    public func createDirectory(
        _ path: ServedPath, isRequired: Bool = false, creatingDirectories: Bool = false,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) {
        var target = ResourceTarget(directory: path)
        if creatingDirectories { target.add("parents", "true") }
        if isRequired { target.add("require", "true") }
        _ = try await send(Change(target: target), options)
    }

    /// Renames a file, under its exclusive lock, or a directory.
    /// - Throws: `not_found`; `exists` for the new name; `locked`; `forbidden`; `invalid` for a new name that is not UTF-8.
    public func rename(
        _ path: ServedPath, to newPath: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) {
        let body = JSONWriter.object { $0.member("path", name: newPath.bytes) }
        _ = try await send(
            Change(method: .patch, target: ResourceTarget("files", file: path), body: .json(body)), options)
    }

    /// Copies a file as it is, under its shared lock.
    /// - Throws: `not_found`; `exists` for the copy's name; `locked`; `forbidden`; `out_of_space`.
    @discardableResult
    public func copy(
        _ path: ServedPath, to newPath: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> RemoteFile {
        let body = JSONWriter.object { $0.member("file", name: newPath.bytes) }
        _ = try await send(
            Change(method: .post, target: ResourceTarget("copies", file: path), body: .json(body)), options)
        return file(newPath, options: options)
    }

    /// Removes a file, under its exclusive lock, or an empty directory.
    /// - Throws: `not_found`; `exists` for a directory that is not empty; `locked`; `forbidden`.
    public func remove(_ path: ServedPath, options: CallOptions = CallOptions()) async throws(HDF5ClientError) {
        _ = try await send(Change(method: .delete, target: ResourceTarget("files", file: path)), options)
    }

    /// Rewrites a file without the space that nothing in it needs, under its exclusive lock: as a whole, or not at all.
    ///
    /// Everything to which a path leads is kept as it is, and so are references to it; other references become null.
    /// - Throws: `not_found`; `locked`; `not_hdf5`; `forbidden`; `out_of_space`; `damaged`.
    @discardableResult
    public func repack(
        _ path: ServedPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> RepackReport {
        let answer = try await send(Change(method: .post, target: ResourceTarget("repack", file: path)), options)
        let report = try answer.object()
        return try answer.understood {
            RepackReport(before: try report.integer("before"), after: try report.integer("after"))
        }
    }
}

extension FileAccess {
    /// Makes the file, in the directory where it is to be.
    ///
    /// Under a lease that was taken with `creating` nobody else can make it before.
    /// - Throws: As `HDF5Client.createFile`.
    public func create(
        mode: WriteMode = .create, creation: FileCreation = FileCreation()
    ) async throws(HDF5ClientError) {
        _ = try await place.client.createFile(place.file, mode: mode, creation: creation, options: place.options)
    }

    /// Rewrites the file without the space that nothing in it needs.
    /// - Throws: As `HDF5Client.repack`.
    @discardableResult
    public func repack() async throws(HDF5ClientError) -> RepackReport {
        try await place.client.repack(place.file, options: place.options)
    }
}

extension FileCreation {
    /// The body of the request that makes such a file.
    fileprivate var json: [UInt8] {
        JSONWriter.object { json in
            json.member("userBlockSize", userBlockSize)
            json.key("libver")
            json.array { json in
                json.string(libver.low.rawValue)
                json.string(libver.high.rawValue)
            }
            json.key("trackOrder")
            json.bool(tracksCreationOrder)
        }
    }
}
