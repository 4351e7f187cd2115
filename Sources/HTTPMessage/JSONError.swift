/// Why JSON text is refused, and where.
public struct JSONError: Error, Equatable, Sendable {
    /// What is wrong, in words that `at byte N` may follow.
    public var message: String
    /// The byte of the text where it is wrong, from 0.
    public var offset: Int
    /// Whether the text would be right if it were not so much.
    public var isTooLarge: Bool

    public init(_ message: String, at offset: Int, isTooLarge: Bool = false) {
        self.message = message
        self.offset = offset
        self.isTooLarge = isTooLarge
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String { "\(message) at byte \(offset)" }
}

extension StringProtocol {
    /// The text for a message: its beginning, where it is long.
    public var abbreviated: String {
        utf8.count <= 100 ? String(self) : "\(prefix(60))..."
    }
}
