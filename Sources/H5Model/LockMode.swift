/// How a file is locked: shared for reading, exclusive for everything else.
public enum LockMode: String, Sendable {
    case shared, exclusive
}
