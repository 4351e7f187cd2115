public import H5Model

/// What the body of a request may be.
public enum BodyRule: Sendable, Equatable {
    /// JSON; what names no media type, or the one that curl gives by default, is taken for it.
    case json
    /// JSON as above, or an array in NumPy's format.
    case dataset
    /// JSON as above, an array in NumPy's format, or the bytes of one value.
    case attribute
    /// Values as JSON, as an array in NumPy's format or as bytes: the media type must say which.
    case values
    /// A list of requests: as one JSON array, or a JSON object a line (`application/x-ndjson`).
    case batch
    /// The bytes of a file, whatever the media type says.
    case file

    /// Whether the bytes of values will do, which say nothing of themselves.
    public var takesOctets: Bool { self == .attribute || self == .values }

    /// Whether an array in NumPy's format will do.
    public var takesArrays: Bool { takesOctets || self == .dataset }

    /// The media types of bodies, in words.
    public var mediaTypes: String {
        let types: [Representation] =
            switch self {
            case .json, .file: [.json]
            case .dataset: [.json, .npy]
            case .attribute, .values: [.json, .octetStream, .npy]
            case .batch: [.json, .lines]
            }
        return types.map(\.mediaType).joined(separator: " or ")
    }
}

/// The body of a request as its handler gets it.
public enum RequestBody: Sendable {
    case none
    case json(BodyBytes)
    case octetStream(BodyBytes)
    /// An array in NumPy's format, with its header.
    case npy(BodyBytes)
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

    /// What is behind the first `count` bytes.
    public func dropFirst(_ count: Int) -> BodyBytes {
        BodyBytes(count: max(self.count - count, 0)) { [look] range, body throws(ServiceError) in
            try look(range.lowerBound + count..<range.upperBound + count, body)
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
