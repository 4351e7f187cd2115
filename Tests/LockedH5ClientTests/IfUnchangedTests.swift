import Foundation
import H5Model
import HTTPMessage
import HTTPTypes
import Testing

@testable import LockedH5Client

struct IfUnchangedTests {
    private struct Stop: Error, Equatable {}

    private let clock = ManualClock()

    private static func values(
        _ bytes: [UInt8], tag: String?, datatype: String = "<u2"
    ) throws -> Result<(HTTPResponse, [UInt8]), FakeTransport.Failure> {
        var fields: HTTPFields = [
            .contentType: "application/octet-stream", .hdf5Shape: "\(bytes.count / 2)", .hdf5Datatype: datatype,
        ]
        fields[.eTag] = tag
        return .success((HTTPResponse(status: .ok, headerFields: fields), bytes))
    }

    private static func answer(
        _ status: HTTPResponse.Status, _ body: String = ""
    ) -> Result<(HTTPResponse, [UInt8]), FakeTransport.Failure> {
        .success((HTTPResponse(status: status), Array(body.utf8)))
    }

    private static let refusal = answer(
        .preconditionFailed, #"{"code":"precondition_failed","message":"the file has changed"}"#)

    @Test func change_IsWrittenToTheSameTargetIfNothingElseChanged() async throws {
        let transport = FakeTransport([try Self.values([1, 0, 2, 0], tag: "\"a\""), Self.answer(.noContent)])
        let written = try await HDF5Client.make(transport, clock).ifUnchanged(
            "/x", in: "f", select: "0:2", as: Int.self
        ) { $0[1] += 0x60 }
        #expect(written == [1, 0x62])
        #expect(transport.targets == Array(repeating: "/v1/values/f/x?select=0%3A2&order=little", count: 2))
        #expect(transport.requests.map(\.method) == [.get, .put])
        #expect(transport.requests.map { $0.headerFields[.ifMatch] } == [nil, "\"a\""])
        #expect(transport.bodies[1] == "\u{1}\u{0}b\u{0}")
    }

    @Test func change_BeginsAnewWhenSomebodyElseWasFaster() async throws {
        let transport = FakeTransport([
            try Self.values([1, 0], tag: "\"a\""), Self.refusal, try Self.values([5, 0], tag: "\"b\""),
            Self.answer(.noContent),
        ])
        let client = try HDF5Client.make(transport, clock)
        async let written = client.ifUnchanged("/x", in: "f", as: Int.self) { $0[0] += 1 }
        await clock.advance(to: .milliseconds(30))
        #expect(try await written == [6])
        #expect(transport.requests.map { $0.headerFields[.ifMatch] } == [nil, "\"a\"", nil, "\"b\""])
    }

    @Test(arguments: [nil, "W/\"a\""])
    func change_OfWhatHasNoStrongTagReadsAgain(tag: String?) async throws {
        let transport = FakeTransport([
            try Self.values([1, 0], tag: tag), try Self.values([5, 0], tag: "\"b\""), Self.answer(.noContent),
        ])
        let client = try HDF5Client.make(transport, clock)
        async let written = client.ifUnchanged("/x", in: "f", as: Int.self) { $0[0] += 1 }
        await clock.advance(to: .milliseconds(30))
        #expect(try await written == [6])
    }

    @Test func change_IsGivenUpAfterTheLastAttempt() async throws {
        let read = try Self.values([1, 0], tag: "\"a\"")
        let transport = FakeTransport([read, Self.refusal, read, Self.refusal])
        let client = try HDF5Client.make(transport, clock)
        async let outcome = failure { try await client.ifUnchanged("/x", in: "f", as: Int.self, attempts: 2) { _ in } }
        await clock.advance(to: .milliseconds(30))
        #expect(try await outcome.code == .preconditionFailed)
        #expect(transport.requests.count == 4)
    }

    @Test func change_ThatThrowsWritesNothing() async throws {
        let transport = FakeTransport([try Self.values([1, 0], tag: "\"a\"")])
        let client = try HDF5Client.make(transport, clock)
        await #expect(throws: Stop()) {
            try await client.ifUnchanged("/x", in: "f", as: Int.self) { _ in throw Stop() }
        }
        #expect(transport.requests.count == 1)
    }

    @Test(arguments: [70_000, -1])
    func change_ThatDoesNotFitWritesNothing(number: Int) async throws {
        let transport = FakeTransport([try Self.values([1, 0], tag: "\"a\"")])
        let client = try HDF5Client.make(transport, clock)
        let error = try await failure {
            try await client.ifUnchanged("/x", in: "f", as: Int.self) { $0[0] = number }
        }
        #expect(error.code == .invalid)
        #expect(transport.requests.count == 1)
    }

    @Test func change_OfTheNumberOfElementsWritesNothing() async throws {
        let transport = FakeTransport([try Self.values([1, 0], tag: "\"a\"")])
        let client = try HDF5Client.make(transport, clock)
        let error = try await failure {
            try await client.ifUnchanged("/x", in: "f", as: Int.self) { $0.append(2) }
        }
        #expect(error.code == .invalid)
    }

    @Test func change_WhoseAnswerIsLostIsNotMadeTwice() async throws {
        let transport = FakeTransport([try Self.values([1, 0], tag: "\"a\""), .failure(FakeTransport.Failure())])
        let client = try HDF5Client.make(transport, clock)
        let error = try await failure { try await client.ifUnchanged("/x", in: "f", as: Int.self) { $0[0] += 1 } }
        guard case .outcomeUnknown = error.reason else { throw error }
        #expect(transport.requests.count == 2)
    }

    @Test func change_OfAValueKeepsItsDatatype() async throws {
        let transport = FakeTransport([try Self.values([1, 0], tag: "\"a\""), Self.answer(.noContent)])
        let client = try HDF5Client.make(transport, clock)
        let value = try await client.ifUnchanged(valueOf: "/x", in: "f", fields: ["n"]) { $0.bytes[0] = 0x63 }
        #expect(value.bytes == [0x63, 0])
        #expect(transport.targets == Array(repeating: "/v1/values/f/x?field=n&order=little", count: 2))
    }

    @Test func change_OfAnAttributeIsJSONForItsDatatype() async throws {
        let transport = FakeTransport([
            try Self.values([0, 1], tag: "\"a\"", datatype: ">u2"), Self.answer(.ok, "{}"),
        ])
        let client = try HDF5Client.make(transport, clock)
        let written = try await client.ifUnchanged(attribute: "n", of: "/x", in: "f", as: Int.self) { $0[0] = 0x61 }
        #expect(written == [0x61])
        #expect(transport.targets == Array(repeating: "/v1/attributes/f/x?name=n", count: 2))
        #expect(transport.requests.map(\.method) == [.get, .patch])
        #expect(transport.bodies[1] == "[97]")
    }
}
