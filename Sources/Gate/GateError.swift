import Glibc

/// Why a server could not be started.
public struct GateError: Error, Equatable, CustomStringConvertible {
    /// One sentence for the operator.
    public var description: String

    init(_ description: String) {
        self.description = description
    }

    static func system(_ operation: String, _ code: Int32) -> GateError {
        GateError("\(operation): \(String(cString: strerror(code)))")
    }
}
