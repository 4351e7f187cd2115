/// The name of one state of what a call reads (RFC 9110, 8.8.3): equal tags, equal content.
public struct EntityTag: Hashable, Sendable {
    /// The tag as header fields hold it, quotes included.
    public let field: String

    /// The tag of a header field.
    public init(field: String) {
        self.field = field
    }

    /// Whether the server cannot tell the state apart from one just before or after; such a tag matches no `ifMatch`.
    public var isWeak: Bool { field.hasPrefix("W/") }
}

/// What was read, and the tag of its state.
public struct Tagged<Content: Sendable>: Sendable {
    /// What was read.
    public var content: Content
    /// Nil where the server gave none.
    public var tag: EntityTag?
}

extension Tagged: Equatable where Content: Equatable {}
