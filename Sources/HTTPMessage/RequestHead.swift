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
        .lockToken, .uploadToken, .origin, .lastEventID,
        .accessControlRequestMethod, .accessControlRequestHeaders,
    ]

    /// RFC 7240.
    public static let prefer = Self.make("Prefer")
    public static let preferenceApplied = Self.make("Preference-Applied")
    /// The last event that a client has seen (HTML, 9.2).
    public static let lastEventID = Self.make("Last-Event-ID")
    /// Whether a proxy (nginx and others) may collect an answer before it passes it on.
    public static let accelBuffering = Self.make("X-Accel-Buffering")
    /// Bytes of a resumable upload that are there.
    public static let uploadOffset = Self.make("Upload-Offset")
    /// What tells an upload in parts from others to the same name; whoever begins it makes it up.
    public static let uploadToken = Self.make("Upload-Token")
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
