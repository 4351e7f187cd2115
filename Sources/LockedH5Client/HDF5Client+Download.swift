import H5Model
import HTTPMessage
import HTTPTypes

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

extension HDF5Client {
    /// How often a file that changes all the time is looked at.
    private static let looks = 20

    /// Downloads a file as it is at one moment.
    ///
    /// It comes in pieces, each a request of its own, and grows under the name `.NAME.TAG.part` beside the target, which
    /// appears complete or not at all. A download that was broken off, by an error or with the program, goes on where it
    /// was when it is called again, if the file is still the same. When the file is changed meanwhile the error is
    /// `changedMeanwhile`; under a lease (`LeasedFile.download`) nobody can change it. What is left of downloads of other
    /// states is removed.
    ///
    /// - Parameters:
    ///   - target: A file on this machine; one that is there is replaced.
    ///   - pieceSize: The bytes of one request, while which the server may keep the file's shared lock; they go to the disk
    ///     as they come.
    ///   - progress: Is told of all that has come.
    /// - Returns: The tag of the file's state.
    @discardableResult
    public func download(
        _ file: ServedPath, to target: URL, pieceSize: Int = HDF5Client.slabSize, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws(HDF5ClientError) -> EntityTag {
        try await download(
            file, to: target, pieceSize: pieceSize, options: options, inspecting: nil, progress: progress)
    }

    /// - Parameters:
    ///   - inspect: Sees all bytes of the file in order, also those that an earlier download has brought.
    ///   - naming: Gives the file its name; nil replaces a file that is there.
    @discardableResult
    package func download(
        _ file: ServedPath, to target: URL, pieceSize: Int = HDF5Client.slabSize, options: CallOptions = CallOptions(),
        inspecting inspect: (@Sendable ([UInt8]) -> Void)?, naming: LocalFile.Naming? = nil,
        progress: TransferProgress.Handler? = nil
    ) async throws(HDF5ClientError) -> EntityTag {
        let (size, tag) = try await state(of: file, options)
        let path = target.path
        let part = PartialDownload(target, tag)
        part.removeOthers()
        let local = try LocalFile(writing: part.path)
        var pinned = options
        pinned.ifMatch = tag
        let wish = Download.Wish(
            file: file, size: size, local: local, pieceSize: max(pieceSize, 1), options: pinned, inspect: inspect,
            progress: progress)
        var download = try Download(self, wish)
        do throws(HDF5ClientError) {
            try await download.run()
        } catch {
            guard error.refusal?.code == .preconditionFailed else { throw error }
            LocalFile.remove(part.path)
            throw HDF5ClientError(
                .changedMeanwhile("\(file) was changed after \(error.done?.bytes ?? 0) of \(size) bytes had been read"))
        }
        try await local.finish(as: path, naming: naming)
        return tag
    }

    /// The size of a file in bytes, and a tag by which its state is known again.
    private func state(
        of file: ServedPath, _ options: CallOptions
    ) async throws(HDF5ClientError) -> (size: Int, tag: EntityTag) {
        for _ in 0..<Self.looks {
            let request = request(
                ResourceTarget("raw", file: file), method: .head, accept: "application/x-hdf5", options)
            let answer = try await send(request, options)
            guard let size = answer.head.headerFields[.contentLength].flatMap({ Int($0) }), size >= 0 else {
                throw answer.notUnderstood("it has no length")
            }
            if let tag = answer.tag, !tag.isWeak { return (size, tag) }
            // For 20 ms after a change the server does not tell the state from the one before.
            try await pause(until: clock.now + .milliseconds(25))
        }
        throw HDF5ClientError(.changedMeanwhile("\(file) is changed all the time, so that no state of it can be read"))
    }

    /// The tag of a file that is served, if it has the same bytes as one on this machine.
    func tag(
        of file: ServedPath, ifSameAs local: LocalFile, _ options: CallOptions
    ) async throws(HDF5ClientError) -> EntityTag? {
        let (size, tag) = try await state(of: file, options)
        guard try local.stamp().size == size else { return nil }
        var pinned = options
        pinned.ifMatch = tag
        var next = ahead(file, from: 0, of: size, pinned)
        while let (range, piece) = next {
            let bytes = try await piece.value()
            next = ahead(file, from: range.upperBound, of: size, pinned)
            if try await local.read(range) != bytes { return nil }
        }
        return tag
    }

    /// The next piece of a file; nil at its end.
    private func ahead(
        _ file: ServedPath, from offset: Int, of size: Int, _ options: CallOptions
    ) -> (range: Range<Int>, piece: Ahead<[UInt8]>)? {
        let range = offset..<min(offset + Self.slabSize, size)
        if range.isEmpty { return nil }
        return (range, Ahead { () throws(HDF5ClientError) in try await raw(file, range: range, options: options) })
    }
}

extension LeasedFile {
    /// See `HDF5Client.download`.
    @discardableResult
    public func download(
        to target: URL, pieceSize: Int = HDF5Client.slabSize, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws(HDF5ClientError) -> EntityTag {
        try await client.download(servedPath, to: target, pieceSize: pieceSize, options: options, progress: progress)
    }
}
