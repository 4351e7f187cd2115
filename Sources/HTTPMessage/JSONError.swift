/// Why JSON text is refused, and where.
public struct JSONError: Error, Equatable, Sendable {
    /// What is wrong, in words that `at byte N` may follow.
    public var message: String
    /// The byte of the text where it is wrong, from 0.
    public var offset: Int

    public init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String { "\(message) at byte \(offset)" }
}
