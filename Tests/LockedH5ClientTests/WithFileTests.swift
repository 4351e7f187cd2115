import H5Model
import HTTPMessage
import HTTPTypes
import Testing

@testable import LockedH5Client

struct WithFileTests {
    private struct Stop: Error, Equatable {}

    private let clock = ManualClock()

    /// Runs `body` under a lease; what it returns or throws.
    private func outcome<Success: Sendable>(
        _ server: LeaseServer, wait: Duration? = nil, _ body: @escaping @Sendable (LeasedFile) async throws -> Success
    ) async -> Result<Success, any Error> {
        do {
            return .success(try await HDF5Client.make(server, clock).withFile("f.h5", .exclusive, wait: wait, body))
        } catch {
            return .failure(error)
        }
    }

    private func failure<Success>(_ outcome: Result<Success, any Error>) throws -> HDF5ClientError {
        guard case .failure(let error as HDF5ClientError) = outcome else { throw NothingThrown() }
        return error
    }

    @Test func body_RunsUnderTheLease() async throws {
        let server = LeaseServer()
        let fence = try await outcome(server) { file in
            _ = try await file.describe()
            return file.fence
        }.get()
        #expect(fence == 7)
        #expect(server.methods == [.post, .get, .delete])
        #expect(server.requests.map(\.path) == ["/v1/locks/f.h5", "/v1/files/f.h5", "/v1/locks/f.h5/t0"])
        #expect(server.requests.map { $0.headerFields[.lockToken] } == [nil, "t0", nil])
        #expect(server.bodies.first == #"{"mode":"exclusive"}"#)
    }

    @Test func body_MayBeForAFileThatIsToBeMade() async throws {
        let server = LeaseServer()
        let client = try HDF5Client.make(server, clock)
        try await client.withFile("f.h5", .exclusive, ttl: .seconds(5), creating: true) { _ in }
        #expect(server.bodies.first == #"{"mode":"exclusive","ttl":5.0,"create":true}"#)
    }

    @Test(arguments: ["1e300", "-1", "0"])
    func lease_OfATimeThatMakesNoSenseIsNotUnderstood(ttl: String) async throws {
        let server = StubServer { _ in StubServer.json("{\"token\":\"t0\",\"ttl\":\(ttl),\"fence\":7}", status: 201) }
        let client = try HDF5Client.make(server, clock)
        let error = await #expect(throws: HDF5ClientError.self) {
            try await client.withFile("f.h5", .exclusive) { _ in }
        }
        guard case .notUnderstood? = error?.reason else { throw try #require(error) }
    }

    @Test func body_ThatThrowsReleasesTheLease() async throws {
        let server = LeaseServer()
        let outcome = await outcome(server) { _ in throw Stop() }
        #expect(throws: Stop()) { try outcome.get() }
        #expect(server.methods == [.post, .delete])
    }

    @Test func cancelledTask_ReleasesTheLease() async throws {
        let server = LeaseServer()
        let clock = clock
        let client = try HDF5Client.make(server, clock)
        let task = Task {
            try await client.withFile("f.h5", .exclusive) { _ in try await clock.sleepForever() }
        }
        await clock.waitForSleeper(by: .seconds(1_000_000))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(server.methods == [.post, .delete])
    }

    @Test func lease_IsRenewedWhenAThirdOfItsTimeHasPassed() async throws {
        let server = LeaseServer()
        try await outcome(server) { [clock] _ in
            await clock.advance(to: .seconds(20))
            await server.waitFor(1, .put)
            await clock.advance(to: .seconds(40))
            await server.waitFor(2, .put)
        }.get()
        #expect(server.methods == [.post, .put, .put, .delete])
        #expect(server.requests[1].path == "/v1/locks/f.h5/t0")
    }

    @Test func renewal_WithoutAnAnswerIsTriedAgain() async throws {
        let server = LeaseServer([.put: [.noAnswer, .locked, .ok]])
        try await outcome(server) { [clock] _ in
            await clock.advance(to: .seconds(20))
            await server.waitFor(1, .put)
            await clock.advance(to: .seconds(21))
            await server.waitFor(2, .put)
            await clock.advance(to: .seconds(23))
            await server.waitFor(3, .put)
        }.get()
        #expect(server.methods == [.post, .put, .put, .put, .delete])
    }

    @Test func renewal_ThatHangsIsGivenUpAndTriedAgain() async throws {
        let server = LeaseServer([.put: [.silence, .ok]])
        try await outcome(server) { [clock] _ in
            await clock.advance(to: .seconds(20))
            await server.waitFor(1, .put)
            await clock.advance(to: .seconds(40))
            await clock.advance(to: .seconds(41))
            await server.waitFor(2, .put)
        }.get()
        #expect(server.methods == [.post, .put, .put, .delete])
    }

    @Test func renewal_ThatFindsTheLeaseLostEndsTheBody() async throws {
        let server = LeaseServer([.put: [.lost]])
        let outcome = await outcome(server) { [clock] _ in
            await clock.advance(to: .seconds(20))
            try await clock.sleepForever()
        }
        let error = try failure(outcome)
        #expect(error.code == .leaseLost)
        #expect(error.refusal?.status == 412)
        #expect(server.methods == [.post, .put])
    }

    @Test func lease_EndsWithItsTimeWhenNoRenewalIsAnswered() async throws {
        let server = LeaseServer([.put: [.noAnswer, .noAnswer]])
        let outcome = await outcome(server) { [clock] _ in
            await clock.advance(to: .seconds(20))
            await server.waitFor(1, .put)
            await clock.advance(to: .seconds(61))
            try await clock.sleepForever()
        }
        let error = try failure(outcome)
        #expect(error.code == .leaseLost)
        guard case .leaseEnded = error.reason else { throw error }
        #expect(server.methods == [.post, .put])
    }

    @Test func request_ThatFindsTheLeaseLostEndsTheBody() async throws {
        let server = LeaseServer([.get: [.lost]])
        let outcome = await outcome(server) { [clock] file in
            _ = try? await file.describe()
            try await clock.sleepForever()
        }
        #expect(try failure(outcome).code == .leaseLost)
        #expect(server.methods == [.post, .get])
    }

    @Test func body_ThatIgnoresTheLossOfItsLeaseDoesNotSucceed() async throws {
        let server = LeaseServer([.get: [.lost]])
        let outcome = await outcome(server) { file in
            _ = try? await file.describe()
            return 1
        }
        #expect(try failure(outcome).code == .leaseLost)
    }

    @Test func release_ThatFindsTheLeaseLostIsAnError() async throws {
        let outcome = await outcome(LeaseServer([.delete: [.lost]])) { _ in }
        #expect(try failure(outcome).code == .leaseLost)
    }

    @Test func release_WithoutAnAnswerIsTriedAgain() async throws {
        let server = LeaseServer([.delete: [.noAnswer, .ok]])
        async let outcome = outcome(server) { _ in }
        await server.waitFor(1, .delete)
        await clock.advance(to: .seconds(1))
        try await outcome.get()
        #expect(server.methods == [.post, .delete, .delete])
    }

    /// The first attempt may have released the lease.
    @Test func release_ThatMayHaveBeenCarriedOutIsNoLostLease() async throws {
        let server = LeaseServer([.delete: [.noAnswer, .lost]])
        async let outcome = outcome(server) { _ in }
        await server.waitFor(1, .delete)
        await clock.advance(to: .seconds(1))
        let error = try await failure(outcome)
        guard case .transport = error.reason else { throw error }
    }

    @Test func release_ThatHangsIsAnError() async throws {
        let server = LeaseServer([.delete: [.silence]])
        async let outcome = outcome(server) { _ in }
        await server.waitFor(1, .delete)
        await clock.advance(to: .seconds(10))
        let error = try await failure(outcome)
        guard case .transport = error.reason else { throw error }
    }

    @Test func wait_LongerThanTheServersIsAskedForAgain() async throws {
        let server = LeaseServer([.post: [.locked]])
        async let outcome = outcome(server, wait: .seconds(100)) { _ in }
        await server.waitFor(1, .post)
        await clock.advance(to: .seconds(45))
        try await outcome.get()
        #expect(server.requests.prefix(2).map { $0.headerFields[.prefer] } == ["wait=60", "wait=55"])
    }

    @Test(arguments: [nil, Duration.zero])
    func wait_ThatIsOverIsAnError(wait: Duration?) async throws {
        let server = LeaseServer([.post: [.locked]])
        let outcome = await outcome(server, wait: wait) { _ in }
        #expect(try failure(outcome).code == .locked)
        #expect(server.methods == [.post])
    }
}
