/// Entity tags (RFC 9110, 8.8.3).
public struct EntityTag: Equatable, Sendable {
    /// The opaque part, without quotes.
    public var opaque: String
    public var isWeak: Bool

    public init(_ opaque: String, isWeak: Bool = false) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// The tag as a header field holds it.
    public var field: String { (isWeak ? "W/" : "") + "\"\(opaque)\"" }

    /// Whether an `If-None-Match` or `If-Match` list names this tag; `*` names every tag.
    ///
    /// - Parameter strongly: Strong comparison: weak tags never match.
    public func matches(list: String, strongly: Bool) -> Bool {
        list.split(separator: ",").contains { element in
            var text = element.drop { $0 == " " }
            while text.last == " " { text.removeLast() }
            if text == "*" { return true }
            let weak = text.hasPrefix("W/")
            if weak { text = text.dropFirst(2) }
            if strongly && (weak || isWeak) { return false }
            return text == "\"\(opaque)\""
        }
    }
}
