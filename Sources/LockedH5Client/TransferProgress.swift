/// How far a transfer in several requests is.
public struct TransferProgress: Hashable, Sendable {
    /// Bytes that are done: of values as they are sent, of a file's own, those of an earlier attempt that goes on included.
    public var bytes: Int
    /// Bytes of the whole; nil where that is not known.
    public var total: Int?

    /// So many bytes of so many.
    public init(bytes: Int, total: Int?) {
        self.bytes = bytes
        self.total = total
    }

    /// Is told of progress, after each request at the latest.
    public typealias Handler = @Sendable (TransferProgress) -> Void
}

extension TransferProgress: CustomStringConvertible {
    public var description: String { "\(bytes)\(total.map { " of \($0)" } ?? "") bytes" }
}
