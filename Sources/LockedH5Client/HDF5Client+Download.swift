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
    /// `changedMeanwhile`; under a lease (`LeasedFile.download`) nobody can change it.
    ///
    /// - Parameters:
    ///   - target: A file on this machine; one that is there is replaced.
    ///   - pieceSize: In bytes; up to three pieces are in memory.
    ///   - progress: Is told of each piece.
    /// - Returns: The tag of the file's state.
    @discardableResult
    public func download(
        _ file: ServedPath, to target: URL, pieceSize: Int = HDF5Client.pieceSize, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws(HDF5ClientError) -> EntityTag {
        let (size, tag) = try await state(of: file, options)
        let path = target.path
        let name = ".\(target.lastPathComponent).\(tag.digest).part"
        let part = target.deletingLastPathComponent().appendingPathComponent(name).path
        let local = try LocalFile(writing: part)
        var offset = min(try local.stamp().size, size)
        progress?(TransferProgress(bytes: offset, total: size))
        var pinned = options
        pinned.ifMatch = tag
        var next = ahead(file, from: offset, of: size, pieceSize, pinned)
        while let piece = next {
            do throws(HDF5ClientError) {
                let bytes = try await piece.value()
                next = ahead(file, from: offset + bytes.count, of: size, pieceSize, pinned)
                try await local.write(bytes, at: offset)
                offset += bytes.count
            } catch {
                guard error.refusal?.code == .preconditionFailed else {
                    throw error.after(TransferProgress(bytes: offset, total: size))
                }
                LocalFile.remove(part)
                throw HDF5ClientError(
                    .changedMeanwhile("\(file) was changed after \(offset) of \(size) bytes had been read"))
            }
            progress?(TransferProgress(bytes: offset, total: size))
        }
        try await local.finish(as: path)
        return tag
    }

    /// The next piece of a file; nil at its end.
    private func ahead(
        _ file: ServedPath, from offset: Int, of size: Int, _ pieceSize: Int, _ options: CallOptions
    ) -> Ahead<[UInt8]>? {
        let range = offset..<min(offset + max(pieceSize, 1), size)
        if range.isEmpty { return nil }
        return Ahead { () throws(HDF5ClientError) in
            let bytes = try await raw(file, range: range, options: options)
            guard bytes.count == range.count else {
                throw HDF5ClientError(.notUnderstood("\(bytes.count) bytes came instead of \(range.count)"))
            }
            return bytes
        }
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
        var offset = 0
        var next = ahead(file, from: 0, of: size, Self.slabSize, pinned)
        while let piece = next {
            let bytes = try await piece.value()
            let end = offset + bytes.count
            next = ahead(file, from: end, of: size, Self.slabSize, pinned)
            if try await local.read(offset..<end) != bytes { return nil }
            offset = end
        }
        return tag
    }
}

extension EntityTag {
    /// A few characters that tell the tag from others (FNV-1a).
    fileprivate var digest: String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in field.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}

extension LeasedFile {
    /// See `HDF5Client.download`.
    @discardableResult
    public func download(
        to target: URL, pieceSize: Int = HDF5Client.pieceSize, options: CallOptions = CallOptions(),
        progress: TransferProgress.Handler? = nil
    ) async throws(HDF5ClientError) -> EntityTag {
        try await client.download(servedPath, to: target, pieceSize: pieceSize, options: options, progress: progress)
    }
}
