/// What a write does with a file that is there, or not.
public enum WriteMode: String, Sendable, CaseIterable {
    /// `r+`: the file must be there.
    case existing
    /// `w-`, `x`: the file must not be there.
    case create
    /// `w`: a file that is there is emptied, once nobody else holds it.
    case replace
    /// `a`: a file that is not there is made.
    case createIfMissing
}
