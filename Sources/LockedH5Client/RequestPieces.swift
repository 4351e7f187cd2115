/// The body of a long request, in pieces that are made while it is sent; it can be sent once.
public struct RequestPieces: Sendable {
    /// The bytes of all pieces together.
    public let length: Int
    /// The pieces, in order.
    public let pieces: any AsyncSequence<[UInt8], any Error> & Sendable

    /// A body of so many bytes.
    public init(_ pieces: some AsyncSequence<[UInt8], any Error> & Sendable, length: Int) {
        self.pieces = pieces
        self.length = length
    }

    /// All of the body.
    func collect() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        for try await piece in pieces { bytes += piece }
        return bytes
    }
}
