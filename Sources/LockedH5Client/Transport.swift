public import HTTPTypes

/// What carries a client's requests: one request to its answer.
public protocol Transport: Sendable {
    /// Sends one request and returns its answer as soon as the head is there.
    ///
    /// Every status is an answer; only a request that got none throws. A task that is cancelled closes the connection, so
    /// that the server notices.
    /// - Throws: Best a `TransportFailure`; of any other error the client assumes that the request may have been carried
    ///   out. The body throws in the same way.
    func send(_ request: HTTPRequest, body: [UInt8]?) async throws -> (HTTPResponse, ResponseBody)

    /// The same with a long body, which is made while it is sent.
    ///
    /// A transport that has no such call gathers the body first.
    /// - Throws: As above; what the pieces throw closes the connection.
    func send(_ request: HTTPRequest, pieces: RequestPieces) async throws -> (HTTPResponse, ResponseBody)

    /// The same for requests whose answers may take long to begin; where nothing else is said, it is no other.
    var patient: Self { get }
}

extension Transport {
    public var patient: Self { self }

    public func send(_ request: HTTPRequest, pieces: RequestPieces) async throws -> (HTTPResponse, ResponseBody) {
        try await send(request, body: try await pieces.collect())
    }
}

/// The body of an answer, in the pieces in which it arrives; it can be read once.
public struct ResponseBody: Sendable {
    /// What is said of a body's length is believed up to here.
    private static let mostRoom = 64 << 20

    package let pieces: any AsyncSequence<[UInt8], any Error> & Sendable

    /// A body that arrives in pieces; a sequence that is given up before its end must not leave anything open.
    public init(_ pieces: some AsyncSequence<[UInt8], any Error> & Sendable) {
        self.pieces = pieces
    }

    /// A body that is there already.
    public init(_ bytes: [UInt8]) {
        pieces = AsyncThrowingStream { continuation in
            continuation.yield(bytes)
            continuation.finish()
        }
    }

    /// All of the body; nil where it has more than `limit` bytes, and then the rest is not read.
    ///
    /// - Parameter expected: How many bytes it is said to have, for which room is made at once.
    func collect(upTo limit: Int, expecting expected: Int = 0) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(max(min(expected, limit, Self.mostRoom), 0))
        for try await piece in pieces {
            if piece.count > limit - bytes.count { return nil }
            bytes += piece
        }
        return bytes
    }
}
