public import HTTPTypes

/// What carries a client's requests: one request to its answer.
public protocol Transport: Sendable {
    /// Sends one request and returns its answer as soon as the head is there.
    ///
    /// Every status is an answer; only a request that got none throws.
    func send(_ request: HTTPRequest, body: [UInt8]?) async throws -> (HTTPResponse, ResponseBody)
}

/// The body of an answer, in the pieces in which it arrives; it can be read once.
public struct ResponseBody: Sendable {
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
    func collect(upTo limit: Int) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        for try await piece in pieces {
            if piece.count > limit - bytes.count { return nil }
            bytes += piece
        }
        return bytes
    }
}
