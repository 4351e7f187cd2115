import Foundation
import H5Model
import Testing

@testable import LockedH5Client

/// A cancelled task is noticed by the server.
@Suite(.liveServer)
struct LiveCancellationTests {
    private let client: HDF5Client
    private let file: ServedPath
    /// Another program's lock of the file.
    private let lock: FileHandle

    init() throws {
        client = try LiveServer.client()
        let root = try #require(LiveServer.current).root
        let name = "\(UUID().uuidString).h5"
        let path = root.appending(path: name)
        try FileManager.default.copyItem(at: root.appending(path: "source.h5"), to: path)
        file = ServedPath(name)
        lock = try FileHandle(forReadingFrom: path)
        try #require(flock(lock.fileDescriptor, LOCK_EX) == 0)
    }

    /// Waits, 20 s at most, until that many requests wait for the file.
    private func waitForWaiters(_ count: Int) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while try await client.locks(of: file).waiters.count != count {
            try #require(ContinuousClock.now < end, "\(count) requests do not come to wait")
        }
    }

    private func check(_ body: @escaping @Sendable (HDF5Client, ServedPath) async throws -> Void) async throws {
        let (client, file) = (client, file)
        let task = Task { try await body(client, file) }
        try await waitForWaiters(1)
        task.cancel()
        let error = try await failure { try await task.value }
        #expect(error.isCancelled, "\(error)")
        try await waitForWaiters(0)
    }

    private let waiting = CallOptions(wait: .seconds(60))

    @Test func cancelledRead_LeavesTheQueue() async throws {
        let waiting = waiting
        try await check { client, file in _ = try await client.read("/x", in: file, as: Int.self, options: waiting) }
    }

    @Test func cancelledWrite_LeavesTheQueueAndChangesNothing() async throws {
        let waiting = waiting
        try await check { client, file in try await client.write([100], shape: [], to: "/x", in: file, options: waiting)
        }
        try lock.close()
        #expect(try await client.read("/x", in: file, select: "0", as: Int.self) == [0])
    }

    @Test func cancelledSlabs_LeaveTheQueue() async throws {
        let waiting = waiting
        try await check { client, file in
            for try await _ in client.slabs(of: "/x", in: file, as: Int.self, options: waiting) {}
        }
    }

    @Test func cancelledLease_LeavesTheQueue() async throws {
        try await check { client, file in
            try await client.withFile(file, .exclusive, wait: .seconds(60)) { _ in }
        }
    }
}
