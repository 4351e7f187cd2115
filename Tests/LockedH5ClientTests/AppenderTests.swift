import Foundation
import H5Model
import HTTPMessage
import HTTPTypes
import Testing

@testable import LockedH5Client

struct AppenderTests {
    private let clock = InstantClock(longest: .seconds(1))

    /// Appends three elements to a dataset of two, under a lease.
    private func append(_ server: StubServer) async throws -> Range<Int> {
        let url = try #require(URL(string: "http://host"))
        let policy = RetryPolicy(attempts: 2)
        let client = try HDF5Client(url: url, transport: server, retry: policy, clock: clock, random: { 0 })
        return try await client.withFile("f", .exclusive) { file in
            try await file.append([7, 8, 9], to: "/x")
        }
    }

    /// A server that answers everything but batches; the dataset has `extent` elements.
    private func server(
        _ extent: @escaping @Sendable (StubServer.Request) -> Int,
        _ batch: @escaping @Sendable (StubServer.Request) -> StubServer.Answer?
    ) -> StubServer {
        StubServer { request in
            if request.path.hasPrefix("/v1/batch") { return batch(request) }
            if request.path.hasPrefix("/v1/datasets") {
                return StubServer.dataset(extent(request), tag: "\"d\(request.earlier)\"")
            }
            return StubServer.json(#"{"token":"t0","mode":"exclusive","ttl":60,"fence":7}"#, status: 201)
        }
    }

    private func batches(_ server: StubServer) -> [StubServer.Request] {
        server.requests.filter { $0.path.hasPrefix("/v1/batch") }
    }

    @Test func piece_IsABatchWithTheTagOfTheStateBefore() async throws {
        let server = server({ _ in 2 }) { _ in StubServer.json("[]", tag: "\"b\"") }
        #expect(try await append(server) == 2..<5)
        let batch = try #require(batches(server).first)
        #expect(batch[.ifMatch] == "\"d0\"")
        #expect(batch[.lockToken] == "t0")
        let body = #"""
            [{"method":"PATCH","target":"/v1/datasets/f/x","headers":{"Content-Type":"application/json"},"body":{"shape":[5]}},
            {"method":"PUT","target":"/v1/values/f/x?select=2%3A5&order=little",
            "headers":{"Content-Type":"application/octet-stream"},"body":"BwgJ"}]
            """#.filter { $0 != "\n" }
        #expect(String(decoding: batch.body, as: UTF8.self) == body)
    }

    @Test func piece_WhoseAnswerIsLostIsSentAgainWithTheSameTag() async throws {
        let server = server({ _ in 2 }) { $0.earlier == 0 ? nil : StubServer.json("[]", tag: "\"b\"") }
        #expect(try await append(server) == 2..<5)
        #expect(batches(server).map { $0[.ifMatch] } == ["\"d0\"", "\"d0\""])
    }

    @Test func piece_ThatIsThereAfterALostAnswerIsNotSentOnceMore() async throws {
        let server = server({ $0.earlier == 0 ? 2 : 5 }) { request in
            request.earlier == 0 ? nil : StubServer.refusal(412, "precondition_failed")
        }
        #expect(try await append(server) == 2..<5)
        #expect(batches(server).count == 2)
    }

    @Test func piece_ThatIsNotThereAfterLostAnswersIsSentWithANewTag() async throws {
        let server = server({ _ in 2 }) { $0.earlier < 2 ? nil : StubServer.json("[]", tag: "\"b\"") }
        #expect(try await append(server) == 2..<5)
        #expect(batches(server).map { $0[.ifMatch] } == ["\"d0\"", "\"d0\"", "\"d1\""])
    }

    @Test func piece_OfWhichTheLeaseIsLostMayBeThere() async throws {
        let server = server({ _ in 2 }) { $0.earlier == 0 ? nil : StubServer.refusal(412, "lease_lost") }
        let error = try await failure { try await append(server) }
        guard case .outcomeUnknown = error.reason else { throw error }
        #expect(error.code == .leaseLost)
        #expect(error.done?.bytes == 0)
    }

    @Test func piece_IsNotThereWhenTheLeaseWasLostBefore() async throws {
        let server = server({ _ in 2 }) { _ in StubServer.refusal(412, "lease_lost") }
        let error = try await failure { try await append(server) }
        guard case .refused = error.reason else { throw error }
        #expect(error.code == .leaseLost)
    }

    @Test func dataset_ThatSomethingElseHasChangedIsNotAppendedTo() async throws {
        let server = server({ $0.earlier == 0 ? 2 : 4 }) { _ in StubServer.refusal(412, "precondition_failed") }
        let error = try await failure { try await append(server) }
        guard case .changedMeanwhile = error.reason else { throw error }
        #expect(batches(server).count == 1)
    }

    @Test func tag_ThatMatchesNothingYetIsAskedForAgain() async throws {
        let server = server({ _ in 2 }) { request in
            request.earlier == 0 ? StubServer.refusal(412, "precondition_failed") : StubServer.json("[]", tag: "\"b\"")
        }
        #expect(try await append(server) == 2..<5)
        #expect(batches(server).map { $0[.ifMatch] } == ["\"d0\"", "\"d1\""])
        #expect(clock.pauses.contains(.milliseconds(25)))
    }
}
