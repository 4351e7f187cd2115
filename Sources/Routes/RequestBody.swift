public import H5Model

/// What the body of a request may be.
public enum BodyRule: Sendable, Equatable {
    /// JSON; what names no media type, or the one that curl gives by default, is taken for it.
    case json
    /// JSON as above, or the bytes of one value.
    case attribute
    /// Values as JSON or as bytes: the media type must say which.
    case values
    /// A list of requests: as one JSON array, or a JSON object a line (`application/x-ndjson`).
    case batch
    /// The bytes of a file, whatever the media type says.
    case file
}

/// The body of a request as its handler gets it.
public enum RequestBody: Sendable {
    case none
    case json(BodyBytes)
    case octetStream(BodyBytes)
    /// JSON texts, one a line.
    case lines(BodyBytes)
}

/// A body's bytes, which may be too many for memory: they are looked at in pieces.
public struct BodyBytes: Sendable {
    public typealias Reader = (UnsafeRawBufferPointer) throws(ServiceError) -> Void

    /// The number of bytes.
    public let count: Int
    private let look: @Sendable (Range<Int>, Reader) throws(ServiceError) -> Void

    /// - Parameter look: Calls its second argument once, with the bytes of the range.
    public init(count: Int, look: @escaping @Sendable (Range<Int>, Reader) throws(ServiceError) -> Void) {
        self.count = count
        self.look = look
    }

    /// Bytes that are in memory.
    public init(_ bytes: [UInt8]) {
        self.init(count: bytes.count) { range, body throws(ServiceError) in
            try bytes.withUnsafeBufferPointer { bytes throws(ServiceError) in
                try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[range])))
            }
        }
    }

    /// Calls `body` with the bytes of `range`, which are there only for the call.
    /// - Throws: `internal` where they cannot be had; what `body` throws.
    public func withBytes<Result>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(ServiceError) -> Result
    ) throws(ServiceError) -> Result {
        var result: Result?
        try look(range) { bytes throws(ServiceError) in result = try body(bytes) }
        guard let result else { throw ServiceError(.internal, "the request's body cannot be read") }
        return result
    }

    /// Calls `body` with all bytes.
    /// - Throws: as `withBytes(_:_:)`.
    public func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(ServiceError) -> Result
    ) throws(ServiceError) -> Result {
        try withBytes(0..<count, body)
    }
}
