/// What a caller may ask of one request besides its subject.
public struct CallOptions: Equatable, Sendable {
    /// How long the server may wait for the file's lock, in whole seconds (rounded up); zero tries once, nil leaves it
    /// to the server.
    ///
    /// It is sent as `Prefer: wait=` (RFC 7240), and the server has a maximum of its own.
    public var wait: Duration?
    /// The most bytes of an answer that are taken into memory; a longer one is an error.
    public var bodyLimit: Int
    /// The request is carried out only if the file, or what the same call would read, is as it was when it had this tag;
    /// else it fails with `preconditionFailed`.
    ///
    /// For a read as for a write: several reads with one tag see one state of the file. (RFC 9110, 13.1.1.)
    public var ifMatch: EntityTag?
    /// The token of the lease under which the request is to run.
    ///
    /// A `LeasedFile` sends its own; this is for a lease that something else has taken, such as `lockedh5 lock`.
    public var lockToken: String?
    /// How often the request is sent again when that is safe; nil leaves it to the client.
    public var retry: RetryPolicy?

    /// The server's own wait, and at most 1 GiB, where nothing else is said.
    public init(
        wait: Duration? = nil, bodyLimit: Int = 1 << 30, ifMatch: EntityTag? = nil, lockToken: String? = nil,
        retry: RetryPolicy? = nil
    ) {
        self.wait = wait
        self.bodyLimit = bodyLimit
        self.ifMatch = ifMatch
        self.lockToken = lockToken
        self.retry = retry
    }

    /// The value of the `Prefer` field.
    var preference: String? {
        guard let (seconds, attoseconds) = wait?.components else { return nil }
        return "wait=\(max(seconds + (attoseconds > 0 ? 1 : 0), 0))"
    }
}
