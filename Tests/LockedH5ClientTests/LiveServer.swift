import Foundation
import LockedH5Client
import TestSupport
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
        try await withFolder { folder in
            let root = folder.appending(path: "root")
            try Self.copyFixtures(to: root)
            let process = try ServerProcess(root: root, state: folder.appending(path: "state"))
            let url = try await process.start()
            let result = await Result.of {
                try await LiveServer.$current.withValue(LiveServer(url: url, root: root), operation: function)
            }
            await process.end()
            try result.get()
        }
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
}

extension Trait where Self == LiveServerTrait {
    static var liveServer: Self { LiveServerTrait() }
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
