import Foundation
import LockedH5Client
import Testing

/// A server of copies of the fixtures, of this test run alone.
struct LiveServer {
    /// The server of the suite that runs.
    @TaskLocal static var current: LiveServer?

    let url: URL
    let root: URL

    static func client() throws -> HDF5Client {
        try HDF5Client(url: #require(current, "the suite has no server").url)
    }
}

/// Starts a server before the suite's tests and ends it after them.
struct LiveServerTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lockedh5-client-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let root = folder.appending(path: "root")
        try Self.copyFixtures(to: root)
        let process = ServerProcess(binary: try Self.binary(), root: root, state: folder.appending(path: "state"))
        let url = try await process.start()
        let result = await Result.of {
            try await LiveServer.$current.withValue(LiveServer(url: url, root: root), operation: function)
        }
        await process.end()
        try result.get()
    }

    private static func copyFixtures(to root: URL) throws {
        let source = URL(fileURLWithPath: try Fixtures.directory())
        let odd = root.appending(path: "sub dir+")
        try FileManager.default.createDirectory(at: odd, withIntermediateDirectories: true)
        for file in try FileManager.default.contentsOfDirectory(at: source, includingPropertiesForKeys: nil)
        where file.pathExtension == "h5" {
            try FileManager.default.copyItem(at: file, to: root.appending(path: file.lastPathComponent))
        }
        try FileManager.default.copyItem(
            at: source.appending(path: "userblock-v110.h5"), to: odd.appending(path: "gr\u{FC}n 100%2F;?#.h5"))
    }

    /// The program that LOCKEDH5_BINARY names, else the one that was built beside the tests.
    private static func binary() throws -> URL {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["LOCKEDH5_BINARY"].map { URL(fileURLWithPath: $0) }
        let binary = named ?? beside.appending(path: "lockedh5")
        try #require(
            FileManager.default.isExecutableFile(atPath: binary.path),
            "\(binary.path) is no program; build the product lockedh5, or set LOCKEDH5_BINARY to it")
        return binary
    }
}

extension Trait where Self == LiveServerTrait {
    static var liveServer: Self { LiveServerTrait() }
}

/// Starts processes one at a time: one that is started just when another's pipes are made would inherit them, and keep
/// their end from being noticed.
enum Spawning {
    private static let lock = NSLock()

    static func alone<Success>(_ body: () throws -> Success) rethrows -> Success {
        try lock.withLock(body)
    }

    /// Waits for its turn without keeping a thread from other tests.
    static func inTurn<Success: Sendable>(_ body: @escaping @Sendable () throws -> Success) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try lock.withLock(body) })
            }
        }
    }
}

/// One `lockedh5 serve`.
private final class ServerProcess {
    struct NoAddress: Error {
        var output: String
    }

    private let process = Process()
    private let output: Pipe
    private let ended: AsyncStream<Never>

    init(binary: URL, root: URL, state: URL) {
        let (ended, continuation) = AsyncStream<Never>.makeStream()
        self.ended = ended
        output = Spawning.alone { Pipe() }
        process.executableURL = binary
        process.arguments = ["serve", root.path, "--listen", "127.0.0.1:0", "--workers", "2", "--state", state.path]
        process.standardOutput = output
        process.terminationHandler = { _ in continuation.finish() }
    }

    /// Starts it and waits, 60 s at most, until it says where it listens.
    func start() async throws -> URL {
        try Spawning.alone { try process.run() }
        let watchdog = Self.kill(process.processIdentifier, after: 60)
        defer { watchdog.cancel() }
        var text = ""
        for await piece in output.fileHandleForReading.pieces {
            text += String(decoding: piece, as: UTF8.self)
            guard text.hasSuffix("\n"), let address = text.split(separator: " ").last else { continue }
            if let url = URL(string: address.trimmingCharacters(in: .newlines)) { return url }
        }
        await end()
        throw NoAddress(output: text)
    }

    /// Ends it, by force after 30 s.
    func end() async {
        if process.isRunning { process.terminate() }
        let watchdog = Self.kill(process.processIdentifier, after: 30)
        for await _ in ended {}
        watchdog.cancel()
    }

    private static func kill(_ id: Int32, after seconds: Int) -> Task<Void, any Error> {
        Task {
            try await Task.sleep(for: .seconds(seconds))
            Foundation.kill(id, SIGKILL)
        }
    }
}

extension FileHandle {
    /// What arrives, until the other end is closed.
    var pieces: AsyncStream<Data> {
        AsyncStream { continuation in
            readabilityHandler = { handle in
                let piece = handle.availableData
                if piece.isEmpty {
                    handle.readabilityHandler = nil
                    continuation.finish()
                } else {
                    continuation.yield(piece)
                }
            }
        }
    }
}

extension Result where Failure == any Error {
    /// What `body` returns or throws.
    fileprivate static func of(_ body: () async throws -> Success) async -> Self {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
