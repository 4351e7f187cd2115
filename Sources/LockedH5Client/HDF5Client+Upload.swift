import H5Model

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension HDF5Client {
    /// Uploads an HDF5 file, which appears under its name complete and readable, or not at all.
    ///
    /// It goes in pieces, each a request of its own, and when a request fails the server says where to go on. No lock is
    /// held meanwhile; a file that had the name is replaced under its exclusive lock.
    ///
    /// - Parameters:
    ///   - source: A file on this machine, which must not change meanwhile.
    ///   - isNew: Fail with `preconditionFailed` where there is such a file already.
    ///   - makingParents: Make the directories on the way.
    ///   - goingOn: An earlier upload of this same file, which has not been changed since, was broken off less than an hour
    ///     ago; what the server has of it is not sent again, and at the end the file is read back and compared.
    ///   - pieceSize: The bytes of one request, which are read while they are sent.
    ///   - progress: Is told of all that is sent; where a connection breaks, it may go back.
    /// - Returns: The tag of the file's state.
    /// - Throws: `locked` where the file of that name could not be replaced; a call that goes on tries that again.
    @discardableResult
    public func upload(
        _ source: URL, to file: ServedPath, isNew: Bool = false, makingParents: Bool = false, goingOn: Bool = false,
        pieceSize: Int = HDF5Client.pieceSize, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await upload(
            source, to: file, isNew: isNew, makingParents: makingParents, goingOn: goingOn, pieceSize: pieceSize,
            options: options, inspecting: nil, progress: progress)
    }

    /// - Parameter inspect: Sees all bytes of the file in order, also those that the server had.
    @discardableResult
    package func upload(
        _ source: URL, to file: ServedPath, isNew: Bool = false, makingParents: Bool = false, goingOn: Bool = false,
        pieceSize: Int = HDF5Client.pieceSize, options: CallOptions = CallOptions(),
        inspecting inspect: (@Sendable ([UInt8]) -> Void)?, progress: TransferProgress.Handler? = nil
    ) async throws(HDF5ClientError) -> EntityTag? {
        var target = ResourceTarget("raw", file: file)
        if makingParents { target.add("parents", "true") }
        let local = try LocalFile(reading: source.path)
        let wish = Upload.Wish(
            file: file, target: target, local: local, pieceSize: max(pieceSize, 1), isNew: isNew, options: options,
            inspect: inspect, progress: progress)
        var upload = try Upload(self, wish)
        let tag = try await upload.run(isGoingOn: goingOn)
        if goingOn {
            var reading = options
            reading.ifMatch = nil
            guard try await self.tag(of: file, ifSameAs: local, reading) != nil else {
                throw HDF5ClientError(
                    .changedMeanwhile("\(file) is not the file that was uploaded; its beginning was another one's"))
            }
        }
        return tag
    }
}

extension LeasedFile {
    /// See `HDF5Client.upload`; the lease is the new file's then.
    @discardableResult
    public func upload(
        _ source: URL, goingOn: Bool = false, pieceSize: Int = HDF5Client.pieceSize,
        options: CallOptions = CallOptions(), progress: TransferProgress.Handler? = nil
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await client.upload(
            source, to: servedPath, goingOn: goingOn, pieceSize: pieceSize, options: options, progress: progress)
    }
}
