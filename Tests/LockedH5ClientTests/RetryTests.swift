import Foundation
import H5Model
import HTTPTypes
import Testing

@testable import LockedH5Client

struct RetryTests {
    typealias Answer = Result<(HTTPResponse, [UInt8]), FakeTransport.Failure>

    private let clock = InstantClock()
    private let lost = Answer.failure(FakeTransport.Failure())
    private let done = answer(200, #"{"superblockVersion":2,"userBlockSize":0,"freeSpace":0}"#)

    private static func answer(_ status: Int, _ body: String = "", _ fields: HTTPFields = [:]) -> Answer {
        .success((HTTPResponse(status: .init(code: status), headerFields: fields), Array(body.utf8)))
    }

    private static func refusal(_ code: ErrorCode, _ fields: HTTPFields = [:]) -> Answer {
        answer(code.status, #"{"code":"\#(code.rawValue)","message":"no","request":"7-1"}"#, fields)
    }

    /// A client for whose pauses the random number is 0.5.
    private func client(_ transport: FakeTransport, attempts: Int = 3) throws -> HDF5Client {
        let policy = RetryPolicy(attempts: attempts, base: .milliseconds(200), maximum: .seconds(1))
        let url = try #require(URL(string: "http://host"))
        return try HDF5Client(url: url, transport: transport, retry: policy, clock: clock, random: { 0.5 })
    }

    @Test func read_WithoutAnAnswerIsSentAgain() async throws {
        let transport = FakeTransport([lost, lost, done])
        #expect(try await client(transport).describeFile("f").userBlockSize == 0)
        #expect(clock.pauses == [.milliseconds(100), .milliseconds(200)])
    }

    @Test func read_IsGivenUpAfterTheLastAttempt() async throws {
        let transport = FakeTransport([lost, lost, lost, done])
        let error = try await failure { try await client(transport).describeFile("f") }
        guard case .transport = error.reason else { throw error }
        #expect(transport.requests.count == 3)
    }

    @Test func pause_IsAtMostTheMaximum() {
        let policy = RetryPolicy(base: .milliseconds(200), maximum: .seconds(1))
        #expect((1...5).map(policy.bound(after:)) == [200, 400, 800, 1000, 1000].map { .milliseconds($0) })
    }

    @Test func pause_IsNoShorterThanTheServerSays() async throws {
        let busy = Self.refusal(.unavailable, [.retryAfter: "2"])
        _ = try await client(FakeTransport([busy, done])).describeFile("f")
        #expect(clock.pauses == [.milliseconds(2100)])
    }

    @Test func server_ThatWantsTooMuchTimeIsNotAskedAgain() async throws {
        let transport = FakeTransport([Self.refusal(.unavailable, [.retryAfter: "61"]), done])
        let error = try await failure { try await client(transport).describeFile("f") }
        #expect(error.refusal?.retryAfter == .seconds(61))
        #expect(transport.requests.count == 1)
    }

    @Test(arguments: [ErrorCode.locked, .notFound, .leaseLost, .timeout, .workerFailed, .outOfSpace])
    func refusal_IsNotSentAgain(code: ErrorCode) async throws {
        let transport = FakeTransport([Self.refusal(code), done])
        let error = try await failure { try await client(transport).describeFile("f") }
        #expect(error.code == code)
        #expect(transport.requests.count == 1)
    }

    @Test(arguments: [502, 503, 504])
    func proxysRefusal_OfAReadIsSentAgain(status: Int) async throws {
        let transport = FakeTransport([Self.answer(status, "<html>"), done])
        _ = try await client(transport).describeFile("f")
        #expect(transport.requests.count == 2)
    }

    @Test func call_MayHaveAPolicyOfItsOwn() async throws {
        let transport = FakeTransport([lost, done])
        let options = CallOptions(retry: .never)
        _ = try await failure { try await client(transport).describeFile("f", options: options) }
        #expect(transport.requests.count == 1)
    }

    @Test func cancelledPause_IsACancelledCall() async throws {
        let transport = FakeTransport([lost, done])
        let client = try client(transport)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await failure { try await client.describeFile("f") }
        }
        #expect(try await task.value.isCancelled)
        #expect(transport.requests.count == 1)
    }

    // MARK: Writes

    @Test func write_InAPlaceIsSentAgain() async throws {
        let transport = FakeTransport([lost, Self.answer(204)])
        try await client(transport).write([1], to: "/x", in: "f")
        #expect(transport.bodies == ["[1]", "[1]"])
    }

    @Test func write_ThatIsRefusedAfterALostAnswerMayHaveBeenMade() async throws {
        let transport = FakeTransport([lost, Self.refusal(.notFound)])
        let error = try await failure { try await client(transport).removeAttribute("a", of: "/x", in: "f") }
        guard case .outcomeUnknown(let unknown) = error.reason else { throw error }
        #expect(unknown.refusal?.code == .notFound)
        #expect(error.code == nil)
        #expect(error.description.hasPrefix("the change may have been made, or not: the connection failed: Failure()"))
        #expect(error.description.contains("sent again, it was refused: not_found: no (404, request 7-1)"))
    }

    @Test func write_WithoutAnAnswerAtAllMayHaveBeenMade() async throws {
        let transport = FakeTransport([lost, lost, lost])
        let error = try await failure { try await client(transport).write([1], to: "/x", in: "f") }
        guard case .outcomeUnknown = error.reason else { throw error }
    }

    @Test func write_WhoseLeaseIsLostWithTheAnswerTellsBoth() async throws {
        let transport = FakeTransport([lost, Self.refusal(.leaseLost)])
        let error = try await failure { try await client(transport).write([1], to: "/x", in: "f") }
        guard case .outcomeUnknown = error.reason else { throw error }
        #expect(error.code == .leaseLost)
    }

    @Test func batch_WithoutAnAnswerIsNotSentAgain() async throws {
        let transport = FakeTransport([lost, Self.answer(200, "[]")])
        let client = try client(transport)
        let error = try await failure { try await client.batch("f") { $0.removeAttribute("a", of: "/") } }
        guard case .outcomeUnknown = error.reason else { throw error }
        #expect(transport.requests.count == 1)
    }

    @Test func batch_ThatWasNotSentIsSentAgain() async throws {
        let refused = TransportFailure(.notConnected, "no connection")
        let transport = FakeTransport([lost, Self.answer(200, "[]")], failing: refused)
        try await client(transport).batch("f") { $0.removeAttribute("a", of: "/") }
        #expect(transport.requests.count == 2)
    }

    @Test func batch_ThatTheServerHadNoTimeForIsSentAgain() async throws {
        let transport = FakeTransport([Self.refusal(.unavailable), Self.answer(200, "[]")])
        try await client(transport).batch("f") { $0.removeAttribute("a", of: "/") }
        #expect(transport.requests.count == 2)
    }

    @Test func batch_ThatAProxyGaveUpMayHaveBeenMade() async throws {
        let transport = FakeTransport([Self.answer(502, "<html>"), Self.answer(200, "[]")])
        let client = try client(transport)
        let error = try await failure { try await client.batch("f") { $0.removeAttribute("a", of: "/") } }
        guard case .outcomeUnknown = error.reason else { throw error }
        #expect(transport.requests.count == 1)
    }

    /// Proxies have ids of requests too.
    @Test(arguments: [503, 504])
    func batch_ThatAProxyWithAnIDGaveUpMayHaveBeenMade(status: Int) async throws {
        let given = Self.answer(status, "<html>", [try .make("X-Request-Id"): "p-1"])
        let transport = FakeTransport([given, Self.answer(200, "[]")])
        let client = try client(transport)
        let error = try await failure { try await client.batch("f") { $0.removeAttribute("a", of: "/") } }
        guard case .outcomeUnknown = error.reason else { throw error }
        #expect(transport.requests.count == 1)
    }

    @Test func batch_WithATagIsSentAgain() async throws {
        let transport = FakeTransport([lost, Self.answer(200, "[]")])
        let options = CallOptions(ifMatch: EntityTag(field: "\"7\""))
        try await client(transport).batch("f", options: options) { $0.removeAttribute("a", of: "/") }
        #expect(transport.requests.map { $0.headerFields[.ifMatch] } == ["\"7\"", "\"7\""])
    }

    @Test func batch_WithATagThatNoLongerMatchesMayHaveBeenMade() async throws {
        let transport = FakeTransport([lost, Self.refusal(.preconditionFailed)])
        let client = try client(transport)
        let options = CallOptions(ifMatch: EntityTag(field: "\"7\""))
        let error = try await failure {
            try await client.batch("f", options: options) { $0.removeAttribute("a", of: "/") }
        }
        guard case .outcomeUnknown(let unknown) = error.reason else { throw error }
        #expect(unknown.refusal?.code == .preconditionFailed)
    }

    @Test func change_OfWhatWasReadIsNotMadeTwice() async throws {
        let names = try ["X-HDF5-Shape", "X-HDF5-Datatype"].map { try HTTPField.Name.make($0) }
        let fields: HTTPFields = [
            .contentType: "application/octet-stream", names[0]: "1", names[1]: "|u1", .eTag: "\"a\"",
        ]
        let read = Answer.success((HTTPResponse(status: .ok, headerFields: fields), [1]))
        let transport = FakeTransport([read, lost, Self.refusal(.preconditionFailed), read])
        let client = try client(transport)
        let error = try await failure { try await client.ifUnchanged("/x", in: "f", as: Int.self) { $0[0] += 1 } }
        guard case .outcomeUnknown = error.reason else { throw error }
        #expect(transport.requests.count == 3)
    }
}

extension ErrorCode {
    fileprivate var status: Int {
        switch self {
        case .notFound: 404
        case .leaseLost, .preconditionFailed: 412
        case .locked: 423
        case .workerFailed: 500
        case .unavailable: 503
        case .timeout: 504
        default: 507
        }
    }
}
