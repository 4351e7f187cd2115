/// A file's size before and after it was repacked, in bytes.
public struct RepackReport: Equatable, Sendable {
    public var before: Int
    public var after: Int

    public init(before: Int, after: Int) {
        self.before = before
        self.after = after
    }
}
