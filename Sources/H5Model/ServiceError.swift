/// The closed set of failures that a caller of the service can tell apart.
public enum ErrorCode: String, Sendable, CaseIterable {
    case notFound = "not_found"
    case exists
    case invalid
    case wrongKind = "wrong_kind"
    case outOfBounds = "out_of_bounds"
    case unsupported
    case tooLarge = "too_large"
    case unsupportedMedia = "unsupported_media"
    case notAcceptable = "not_acceptable"
    case locked
    case leaseLost = "lease_lost"
    case preconditionFailed = "precondition_failed"
    case forbidden
    case unauthenticated
    case notHDF5 = "not_hdf5"
    case damaged
    case outOfSpace = "out_of_space"
    case timeout
    case workerFailed = "worker_failed"
    case unavailable
    case `internal`
}

/// A failure as a caller sees it: a code, and one sentence that names the thing and the rule.
///
/// The sentence never holds a path of the server's file system.
public struct ServiceError: Error, Equatable, Sendable {
    public var code: ErrorCode
    public var message: String
    /// The place in a batch of the request that failed, from 0; nil outside a batch.
    public var index: Int?
    /// Where the path goes on, where it leads into another file; for whoever can open that. It is never sent to a client.
    public var elsewhere: Elsewhere?

    public init(_ code: ErrorCode, _ message: String, index: Int? = nil, elsewhere: Elsewhere? = nil) {
        self.code = code
        self.message = message
        self.index = index
        self.elsewhere = elsewhere
    }
}

extension ServiceError: CustomStringConvertible {
    public var description: String { "\(code.rawValue): \(message)" }
}
