import H5Model
import HTTPTypes

/// A download of a file in one state, in pieces; what comes goes to the disk at once.
struct Download {
    /// What is downloaded, and how.
    struct Wish {
        var file: ServedPath
        /// In bytes.
        var size: Int
        var local: LocalFile
        var pieceSize: Int
        /// With the tag of the state.
        var options: CallOptions
        /// Sees all bytes in order, also those that are there before.
        var inspect: (@Sendable ([UInt8]) -> Void)?
        var progress: TransferProgress.Handler?
    }

    private let client: HDF5Client
    private let wish: Wish
    /// What is on the disk.
    private var offset: Int

    private var done: TransferProgress { TransferProgress(bytes: offset, total: wish.size) }

    init(_ client: HDF5Client, _ wish: Wish) throws(HDF5ClientError) {
        self.client = client
        self.wish = wish
        offset = min(try wish.local.stamp().size, wish.size)
    }

    /// Fetches what is not there yet.
    /// - Throws: Errors of requests with what is done; `precondition_failed` where the file is in that state no more.
    mutating func run() async throws(HDF5ClientError) {
        wish.progress?(done)
        try await inspectEarlier()
        var attempts = client.attempts(wish.options, .reads)
        while offset < wish.size {
            let first = offset
            do throws(HDF5ClientError) {
                try await receive(first..<min(first + wish.pieceSize, wish.size))
                attempts = client.attempts(wish.options, .reads)
            } catch {
                if offset > first { attempts = client.attempts(wish.options, .reads) }
                try await pause(&attempts, after: error)
            }
        }
    }

    private func pause(_ attempts: inout Attempts, after error: HDF5ClientError) async throws(HDF5ClientError) {
        do throws(HDF5ClientError) {
            try await client.pause(&attempts, after: error)
        } catch {
            throw error.after(done)
        }
    }

    private func inspectEarlier() async throws(HDF5ClientError) {
        guard let inspect = wish.inspect else { return }
        for first in stride(from: 0, to: offset, by: FileBlocks.size) {
            inspect(try await wish.local.read(first..<min(first + FileBlocks.size, offset)))
        }
    }

    private mutating func receive(_ range: Range<Int>) async throws(HDF5ClientError) {
        var once = wish.options
        once.retry = .never
        let request = client.request(rangeOf: wish.file, range, once)
        let (head, body) = try await client.open(request, repetition: .reads, once)
        let given = head.headerFields[.contentRange] ?? "missing"
        guard head.status.code == 206, given == "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(wish.size)" else {
            throw HDF5ClientError(
                .notUnderstood("the answer's range is \(given), not the one asked for"), request: request)
        }
        var pieces = body.pieces.makeAsyncIterator()
        while let piece = try await next(&pieces, request) {
            guard piece.count <= range.upperBound - offset else {
                throw HDF5ClientError(.notUnderstood("the answer is longer than the range asked for"), request: request)
            }
            wish.inspect?(piece)
            try await wish.local.write(piece, at: offset)
            offset += piece.count
            wish.progress?(done)
        }
        guard offset == range.upperBound else {
            let failure = TransportFailure(.interrupted, "the answer ended before the range that was asked for")
            throw HDF5ClientError(.transport(failure), request: request)
        }
    }

    private func next(
        _ pieces: inout any AsyncIteratorProtocol<[UInt8], any Error>, _ request: HTTPRequest
    ) async throws(HDF5ClientError) -> [UInt8]? {
        do {
            return try await pieces.next(isolation: #isolation)
        } catch {
            throw HDF5ClientError(.transport(TransportFailure(error)), request: request)
        }
    }
}
