import Foundation
import H5Model
import Testing

/// The path of a file that `Tests/fixtures/make.py` has written.
func fixture(_ name: String) throws -> String {
    let directory = try #require(
        ProcessInfo.processInfo.environment["LOCKEDH5_FIXTURES"],
        "set LOCKEDH5_FIXTURES to a directory that `python Tests/fixtures/make.py DIRECTORY` has filled")
    return "\(directory)/\(name)"
}

/// The failure of `body`.
func failure<R>(_ body: () throws -> R) throws -> ServiceError {
    try #require(throws: ServiceError.self) { _ = try body() }
}
