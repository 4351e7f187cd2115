/// Why a request got no answer, or only a part of one.
public struct TransportFailure: Error, Hashable, Sendable {
    /// What is known of the request.
    public enum Kind: Sendable {
        /// There was no connection: nothing has been sent.
        case notConnected
        /// The connection ended before the whole answer had come; what was sent may have been carried out.
        case interrupted
        /// Nothing came for too long; what was sent may have been carried out.
        case timedOut
        /// The caller's task was cancelled; the connection is closed, by which the server notices.
        case cancelled
    }

    /// What is known of the request.
    public var kind: Kind
    /// One sentence for a person.
    public var message: String

    /// A failure of a transport.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    static let cancelled = TransportFailure(.cancelled, "the request was cancelled")

    /// What a transport has thrown; of what is not known the worst is assumed.
    init(_ error: any Error) {
        switch error {
        case let failure as TransportFailure: self = failure
        case is CancellationError: self = .cancelled
        default: self.init(.interrupted, "the connection failed: \(error)")
        }
    }
}

extension TransportFailure: CustomStringConvertible {
    public var description: String { message }
}
