public import Foundation
import Synchronization

/// One `lockedh5 serve`, of the program that LOCKEDH5_BINARY names, else of the one that was built beside the tests.
public final class ServerProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process = Process()
    private let output: Pipe
    private let ended: AsyncStream<Never>
    private let isReady = Mutex(false)

    public init(root: URL, state: URL) throws {
        let (ended, continuation) = AsyncStream<Never>.makeStream()
        self.ended = ended
        output = Spawning.alone { Pipe() }
        process.executableURL = try Self.binary()
        process.arguments = ["serve", root.path, "--listen", "127.0.0.1:0", "--workers", "2", "--state", state.path]
        process.standardOutput = output
        process.terminationHandler = { _ in continuation.finish() }
    }

    private static func binary() throws -> URL {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["LOCKEDH5_BINARY"].map { URL(fileURLWithPath: $0) }
        let binary = named ?? beside.appending(path: "lockedh5")
        guard FileManager.default.isExecutableFile(atPath: binary.path) else {
            throw Failure(
                description: "\(binary.path) is no program; build the product lockedh5, or set LOCKEDH5_BINARY to it")
        }
        return binary
    }

    /// Starts it and waits, 60 s at most, until it says where it listens.
    public func start() async throws -> URL {
        try Spawning.alone { try process.run() }
        kill(after: 60) { !self.isReady.withLock(\.self) }
        let text = await firstLine()
        guard let address = text.split(separator: " ").last,
            let url = URL(string: address.trimmingCharacters(in: .newlines))
        else {
            await end()
            throw Failure(description: "the server said no address: \(text)")
        }
        return url
    }

    /// Reads on a thread of its own: those that tasks run on may all be taken for longer than the server has.
    private func firstLine() async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                let output = output.fileHandleForReading
                var text = ""
                while !text.hasSuffix("\n") {
                    let piece = output.availableData
                    if piece.isEmpty { break }
                    text += String(decoding: piece, as: UTF8.self)
                }
                isReady.withLock { $0 = true }
                continuation.resume(returning: text)
                while !output.availableData.isEmpty {}
            }
        }
    }

    /// Ends it, by force after 30 s.
    public func end() async {
        if process.isRunning { process.terminate() }
        kill(after: 30) { true }
        for await _ in ended {}
    }

    private func kill(after seconds: Int, where isLate: @escaping @Sendable () -> Bool) {
        DispatchQueue(label: "watchdog").asyncAfter(deadline: .now() + .seconds(seconds)) { [process] in
            if isLate(), process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        }
    }
}

/// Starts processes one at a time: one that is started just when another's pipes are made would inherit them, and keep
/// their end from being noticed.
public enum Spawning {
    private static let lock = NSLock()
    /// One at a time, so that those who wait keep no threads that tasks run on.
    private static let queue = DispatchQueue(label: "spawning")

    public static func alone<Success>(_ body: () throws -> Success) rethrows -> Success {
        try lock.withLock(body)
    }

    /// Waits for its turn without keeping a thread from other tests.
    public static func inTurn<Success: Sendable>(
        _ body: @escaping @Sendable () throws -> Success
    ) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try lock.withLock(body) })
            }
        }
    }
}

extension FileHandle {
    /// What arrives, until the other end is closed.
    ///
    /// A thread of its own reads it. `readabilityHandler` would not do: where a number is used anew for another pipe before
    /// libdispatch has forgotten the old one, it never calls.
    public var pieces: AsyncStream<Data> {
        AsyncStream { continuation in
            Thread.detachNewThread {
                while true {
                    let piece = self.availableData
                    if piece.isEmpty { break }
                    continuation.yield(piece)
                }
                continuation.finish()
            }
        }
    }
}

/// A new folder below the temporary one, for as long as `body` lasts.
public func withFolder<Success>(_ body: (URL) async throws -> Success) async throws -> Success {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lockedh5-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let result: Result<Success, any Error>
    do {
        result = .success(try await body(folder))
    } catch {
        result = .failure(error)
    }
    try FileManager.default.removeItem(at: folder)
    return try result.get()
}
