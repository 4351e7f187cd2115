import H5Model
import HTTPTypes
import LockedH5Client
import Testing

struct HDF5ClientErrorTests {
    private func refusal(
        _ body: String, status: Int, fields: HTTPFields = [:]
    ) async throws -> HDF5ClientError.Refusal {
        let client = try HDF5Client.make(FakeTransport(body, status: .init(code: status), fields: fields))
        return try #require(try await failure { try await client.describeFile("f.h5") }.refusal)
    }

    @Test func refusal_KeepsWhatTheServerSays() async throws {
        let body = #"{"code":"locked","message":"f.h5 is locked","request":"7-1"}"#
        let refusal = try await refusal(body, status: 423, fields: [.retryAfter: "2"])
        #expect(refusal.code == .locked)
        #expect(refusal.message == "f.h5 is locked")
        #expect(refusal.requestID == "7-1")
        #expect(refusal.status == 423)
        #expect(refusal.retryAfter == .seconds(2))
        #expect(refusal.description == "locked: f.h5 is locked (423, request 7-1)")
    }

    @Test func refusal_PrefersTheBodysCodeToTheStatus() async throws {
        #expect(try await refusal(#"{"code":"out_of_bounds","message":""}"#, status: 404).code == .outOfBounds)
    }

    @Test(
        arguments: [
            (404, .notFound), (423, .locked), (503, .unavailable), (400, nil), (412, nil), (422, nil), (500, nil),
            (502, nil), (304, nil),
        ] as [(Int, ErrorCode?)])
    func refusal_WithoutACodeHasTheOnlyOneOfItsStatus(status: Int, code: ErrorCode?) async throws {
        #expect(try await refusal("<html>gone</html>", status: status).code == code)
    }

    @Test func refusal_WithoutABodyHasTheHeadersRequestID() async throws {
        let refusal = try await refusal("", status: 500, fields: [.make("X-Request-Id"): "9-9"])
        #expect(refusal.requestID == "9-9")
        #expect(refusal.message == "the answer has status 500 and no explanation")
    }

    @Test func refusal_OfAnUnknownCodeKeepsTheMessage() async throws {
        let refusal = try await refusal(#"{"code":"sleepy","message":"too tired"}"#, status: 503)
        #expect(refusal.code == .unavailable)
        #expect(refusal.message == "too tired")
    }

    @Test func refusal_WithAnEndlessBodyIsKnownByItsStatus() async throws {
        #expect(try await refusal(String(repeating: "x", count: 100_000), status: 404).code == .notFound)
    }

    @Test func transport_IsToldInWords() async throws {
        let client = try HDF5Client.make(FakeTransport([.failure(FakeTransport.Failure())]))
        let error = try await failure { try await client.describeFile("f.h5") }
        guard case .transport(let cause) = error.reason else { throw error }
        #expect(cause.kind == .interrupted)
        #expect(error.code == nil)
        #expect(error.description == "no answer: the connection failed: Failure() - while sending GET /v1/files/f.h5")
    }
}
