public import H5Model

extension ErrorCode {
    /// The native dialect's status of each code: used forwards by the server, backwards by the client.
    public var nativeStatus: Int {
        switch self {
        case .invalid, .outOfBounds: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .notAcceptable: 406
        case .exists, .wrongKind: 409
        case .leaseLost, .preconditionFailed: 412
        case .tooLarge: 413
        case .unsupportedMedia: 415
        case .unsupported, .notHDF5, .damaged: 422
        case .locked: 423
        case .workerFailed, .internal: 500
        case .unavailable: 503
        case .timeout: 504
        case .outOfSpace: 507
        }
    }
}
