public import HTTPTypes

/// A request without its body: the method, the raw target, and the fields that the service knows.
public struct RequestHead: Sendable {
    public var method: HTTPRequest.Method
    public var target: RequestTarget
    public var fields: HTTPFields

    public init(method: HTTPRequest.Method, target: RequestTarget, fields: HTTPFields = [:]) {
        self.method = method
        self.target = target
        self.fields = fields
    }
}

/// An answer without its body.
public struct ResponseHead: Equatable, Sendable {
    public var status: Int
    public var fields: HTTPFields

    public init(status: Int, fields: HTTPFields = [:]) {
        self.status = status
        self.fields = fields
    }
}

extension HTTPField.Name {
    /// The fields of a request that the service reads; others are not looked at.
    public static let read: [HTTPField.Name] = [
        .accept, .acceptEncoding, .contentType, .contentRange, .range, .ifRange, .ifMatch, .ifNoneMatch,
        .ifModifiedSince, .prefer,
        .lockToken, .origin,
        .accessControlRequestMethod, .accessControlRequestHeaders,
    ]

    /// RFC 7240.
    public static let prefer = Self.make("Prefer")
    public static let preferenceApplied = Self.make("Preference-Applied")
    /// Bytes of a resumable upload that are there.
    public static let uploadOffset = Self.make("Upload-Offset")
    /// The token of the lease under which a request is to run.
    public static let lockToken = Self.make("Lock-Token")
    /// RFC 8288.
    public static let link = Self.make("Link")
    /// The request's id, also in error bodies and in the server's log.
    public static let requestID = Self.make("X-Request-Id")
    /// The extents of the values in an octet-stream, comma separated; empty for a scalar.
    public static let hdf5Shape = Self.make("X-HDF5-Shape")
    /// The datatype of the values: a NumPy type string, or JSON where NumPy has none.
    public static let hdf5Datatype = Self.make("X-HDF5-Datatype")

    private static func make(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
        return field
    }
}
