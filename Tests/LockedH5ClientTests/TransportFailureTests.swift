import Testing

@testable import LockedH5Client

struct TransportFailureTests {
    @Test func address_WithoutAServerIsNotConnected() async throws {
        // Port 1 is reserved, and nobody listens there.
        let client = try HDF5Client.make(AsyncHTTPClientTransport(), url: "http://127.0.0.1:1")
        let error = try await failure { try await client.describeFile("f.h5") }
        guard case .transport(let cause) = error.reason else { throw error }
        #expect(cause == TransportFailure(.notConnected, "no connection could be made: connection refused"))
    }

    @Test func name_WithoutAnAddressIsNotConnected() async throws {
        let client = try HDF5Client.make(AsyncHTTPClientTransport(), url: "http://nobody.invalid:1")
        let error = try await failure { try await client.describeFile("f.h5") }
        guard case .transport(let cause) = error.reason else { throw error }
        #expect(cause == TransportFailure(.notConnected, "the name nobody.invalid leads to no address"))
    }

    @Test func task_ThatIsCancelledIsToldSo() async throws {
        let client = try HDF5Client.make(AsyncHTTPClientTransport(), url: "http://127.0.0.1:1")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await failure { try await client.describeFile("f.h5") }
        }
        let error = try await task.value
        #expect(error.isCancelled, "\(error)")
    }
}
