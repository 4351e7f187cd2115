import H5Model
import HTTPMessage
import HTTPTypes

/// An upload of a file in pieces.
///
/// The server keeps the pieces that have come, and tells where the next one begins; so whatever becomes of a request,
/// the upload goes on there. The file has its name when the last piece is there. All requests carry a token that is made
/// of the local file's identity: pieces of other files are no part of this upload, also when it is to go on.
struct Upload: Sendable {
    /// What is uploaded, and how.
    struct Wish {
        var file: ServedPath
        var target: ResourceTarget
        var local: LocalFile
        /// Bytes of a request.
        var pieceSize: Int
        var isNew: Bool
        var options: CallOptions
        /// Sees all bytes of the file in order, each once.
        var inspect: (@Sendable ([UInt8]) -> Void)?
        var progress: TransferProgress.Handler?
    }

    private enum Answer {
        /// Where the next piece begins.
        case offset(Int)
        /// The file has its name.
        case complete(EntityTag?)
    }

    private let client: HDF5Client
    private let wish: Wish
    private let stamp: LocalFile.Stamp
    private let token: String
    private let inspected: InspectedBytes?
    /// What the server has.
    private var offset = 0

    private var size: Int { stamp.size }
    private var done: TransferProgress { TransferProgress(bytes: offset, total: size) }

    init(_ client: HDF5Client, _ wish: Wish) throws(HDF5ClientError) {
        self.client = client
        self.wish = wish
        stamp = try wish.local.stamp()
        token = try wish.local.identity()
        inspected = wish.inspect.map { InspectedBytes(wish.local, $0) }
        if stamp.size == 0 {
            throw HDF5ClientError(.localFile(ServiceError(.notHDF5, "an empty file is no HDF5 file")))
        }
    }

    /// Sends what the server does not have yet.
    ///
    /// - Parameter isGoingOn: The server may have the beginning of this file from an earlier upload.
    mutating func run(isGoingOn: Bool) async throws(HDF5ClientError) -> EntityTag? {
        let tag = try await sendAll(isGoingOn: isGoingOn)
        if let inspected, try await inspected.goOn(to: size) { try checkUnchanged() }
        return tag
    }

    private mutating func sendAll(isGoingOn: Bool) async throws(HDF5ClientError) -> EntityTag? {
        var attempts = client.attempts(wish.options, .reads)
        if isGoingOn {
            switch try await settle(nil, after: nil, &attempts) {
            case .complete(let tag): return tag
            case .offset(let offset): self.offset = offset
            }
        }
        wish.progress?(done)
        while true {
            _ = try await inspected?.goOn(to: offset)
            let range = offset..<min(offset + wish.pieceSize, size)
            let answer: Answer
            do throws(HDF5ClientError) {
                answer = try await send(range)
            } catch {
                answer = try await settle(range, after: error, &attempts)
            }
            switch answer {
            case .complete(let tag):
                wish.progress?(TransferProgress(bytes: size, total: size))
                return tag
            case .offset(let offset):
                if offset > self.offset { attempts = client.attempts(wish.options, .reads) }
                self.offset = offset
            }
            wish.progress?(done)
        }
    }

    // MARK: Requests

    private func request(_ range: String) -> HTTPRequest {
        var request = client.request(wish.target, method: .put, wish.options)
        request.headerFields[.contentType] = "application/x-hdf5"
        request.headerFields[.contentRange] = "bytes \(range)/\(size)"
        request.headerFields[.uploadToken] = token
        if wish.isNew { request.headerFields[.ifNoneMatch] = "*" }
        return request
    }

    private func send(_ range: Range<Int>) async throws(HDF5ClientError) -> Answer {
        let request = request("\(range.lowerBound)-\(range.upperBound - 1)")
        let upload = self
        let blocks = FileBlocks(wish.local, range) { block, bytes throws(HDF5ClientError) in
            upload.inspected?.add(bytes, at: block.lowerBound)
            if block.upperBound == upload.size { try upload.checkUnchanged() }
            if block.lowerBound > range.lowerBound {
                upload.wish.progress?(TransferProgress(bytes: block.lowerBound, total: upload.size))
            }
        }
        do throws(HDF5ClientError) {
            return try read(
                try await client.send(request, pieces: RequestPieces(blocks, length: range.count), wish.options))
        } catch {
            throw blocks.failure ?? error
        }
    }

    private func checkUnchanged() throws(HDF5ClientError) {
        if try wish.local.stamp() == stamp { return }
        let sentence = "the file was changed while it was uploaded to \(wish.file)"
        throw HDF5ClientError(.localFile(ServiceError(.preconditionFailed, sentence)))
    }

    /// Asks where the next piece begins; where all are there already the file gets its name.
    private func ask() async throws(HDF5ClientError) -> Answer {
        try read(try await client.send(request("*"), repetition: .reads, once))
    }

    /// The options of a request that is not sent again before it is known what has become of it.
    private var once: CallOptions {
        var options = wish.options
        options.retry = .never
        return options
    }

    private func read(_ answer: LockedH5Client.Answer) throws(HDF5ClientError) -> Answer {
        guard answer.head.status.code == 202 else { return .complete(answer.tag) }
        guard let offset = answer.head.headerFields[.uploadOffset].flatMap({ Int($0) }), (0..<size).contains(offset)
        else {
            throw answer.notUnderstood("it does not tell where the upload goes on")
        }
        return .offset(offset)
    }

    // MARK: Failures

    /// What has become of the upload, as the server tells it as soon as it is there.
    ///
    /// - Parameter range: The piece whose answer was lost; nil where an earlier upload is to go on.
    private func settle(
        _ range: Range<Int>?, after error: HDF5ClientError?, _ attempts: inout Attempts
    ) async throws(HDF5ClientError) -> Answer {
        var error = error
        while true {
            if let error { try await pause(&attempts, after: error) }
            do throws(HDF5ClientError) {
                return try await settle(range)
            } catch let another {
                error = another
            }
        }
    }

    private func pause(_ attempts: inout Attempts, after error: HDF5ClientError) async throws(HDF5ClientError) {
        var failure = error.after(done)
        // The server may still be busy with a request whose connection has broken.
        if let refusal = error.refusal, refusal.code == .exists {
            failure.reason = .transport(TransportFailure(.interrupted, refusal.description))
        }
        do throws(HDF5ClientError) {
            try await client.pause(&attempts, after: failure)
        } catch let last {
            throw error.code == .exists && !last.isCancelled ? error.after(done) : last
        }
    }

    private func settle(_ range: Range<Int>?) async throws(HDF5ClientError) -> Answer {
        let isLast = range?.upperBound == size
        let answer: Answer
        do throws(HDF5ClientError) {
            answer = try await ask()
        } catch {
            // What is to be new is refused when it is there, also where this upload has made it.
            guard error.code == .preconditionFailed, isLast, let tag = try await finishedTag() else { throw error }
            return .complete(tag)
        }
        guard case .offset(let now) = answer, let range else { return answer }
        if now > range.upperBound {
            throw HDF5ClientError(.changedMeanwhile("somebody else is uploading \(wish.file)")).after(done)
        }
        // An upload that is complete is forgotten, as one is when the server starts again.
        if isLast && now == 0, let tag = try await finishedTag() { return .complete(tag) }
        return answer
    }

    /// The tag of the file that is served, if it is the one that was to be uploaded.
    private func finishedTag() async throws(HDF5ClientError) -> EntityTag? {
        var options = wish.options
        options.ifMatch = nil
        do throws(HDF5ClientError) {
            return try await client.tag(of: wish.file, ifSameAs: wish.local, options)
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }
}
