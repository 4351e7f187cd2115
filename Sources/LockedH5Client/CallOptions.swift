/// What a caller may ask of one request besides its subject.
public struct CallOptions: Equatable, Sendable {
    /// How long the server may wait for the file's lock, in whole seconds (rounded up); zero tries once, nil leaves it
    /// to the server.
    ///
    /// It is sent as `Prefer: wait=` (RFC 7240), and the server has a maximum of its own.
    public var wait: Duration?
    /// The most bytes of an answer that are taken into memory; a longer one is an error.
    public var bodyLimit: Int

    /// The server's own wait, and at most 1 GiB, where nothing else is said.
    public init(wait: Duration? = nil, bodyLimit: Int = 1 << 30) {
        self.wait = wait
        self.bodyLimit = bodyLimit
    }

    /// The value of the `Prefer` field.
    var preference: String? {
        guard let (seconds, attoseconds) = wait?.components else { return nil }
        return "wait=\(max(seconds + (attoseconds > 0 ? 1 : 0), 0))"
    }
}
