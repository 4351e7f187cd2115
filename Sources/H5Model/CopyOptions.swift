/// What an object's copy takes along.
public struct CopyOptions: Equatable, Sendable {
    /// Of a group only its own members, and not theirs.
    public var isShallow = false
    /// What soft links lead to stands in their place.
    public var expandsSoftLinks = false
    /// What external links lead to stands in their place.
    public var expandsExternalLinks = false
    /// What references point to is copied too, and the copied references point to the copies.
    public var expandsReferences = false
    /// Attributes stay behind.
    public var leavesAttributes = false

    public init() {}
}
