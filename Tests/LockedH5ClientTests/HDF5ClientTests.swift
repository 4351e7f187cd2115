import Foundation
import HTTPTypes
import LockedH5Client
import Synchronization
import Testing

struct HDF5ClientTests {
    private let file = #"{"superblockVersion":2,"userBlockSize":512,"freeSpace":0}"#

    @Test(arguments: [
        ("http://host:8080", "host:8080", ""), ("https://host", "host", ""), ("http://[::1]:80/", "[::1]:80", ""),
        ("http://host/data/", "host", "/data"), ("http://host/a%2Fb", "host", "/a%2Fb"),
    ])
    func init_KeepsTheAddress(url: String, authority: String, base: String) async throws {
        let transport = FakeTransport(file)
        let found = try await HDF5Client.make(transport, url: url).describeFile("f.h5")
        let request = try #require(transport.requests.first)
        #expect(found.userBlockSize == 512)
        #expect(request.scheme == URL(string: url)?.scheme)
        #expect(request.authority == authority)
        #expect(request.path == base + "/v1/files/f.h5")
    }

    @Test(arguments: ["ftp://host", "host:80", "http://", "http://user@host", "http://host?x=1", "file:///data"])
    func init_RefusesWhatIsNoServer(url: String) async throws {
        let error = try await failure { try HDF5Client.make(url: url) }
        guard case .notSent = error.reason else { throw error }
    }

    @Test(
        arguments: [
            (nil, nil), (.zero, "wait=0"), (.seconds(2), "wait=2"), (.milliseconds(1), "wait=1"),
            (.seconds(-3), "wait=0"),
        ] as [(Duration?, String?)])
    func wait_BecomesAPreference(wait: Duration?, field: String?) async throws {
        let transport = FakeTransport(file)
        _ = try await HDF5Client.make(transport).describeFile("f.h5", options: CallOptions(wait: wait))
        #expect(transport.requests.first?.headerFields[try .make("Prefer")] == field)
    }

    @Test func body_OverTheLimitIsAnError() async throws {
        let client = try HDF5Client.make(FakeTransport(file))
        let options = CallOptions(bodyLimit: file.utf8.count - 1)
        let error = try await failure { try await client.describeFile("f.h5", options: options) }
        guard case .notUnderstood(let message) = error.reason else { throw error }
        #expect(message.contains("more than the \(options.bodyLimit) bytes"))
    }

    @Test func body_OfTheLimitIsTaken() async throws {
        let options = CallOptions(bodyLimit: file.utf8.count)
        _ = try await HDF5Client.make(FakeTransport(file)).describeFile("f.h5", options: options)
    }

    @Test(arguments: ["", "<html>", "{}", #"{"superblockVersion":"2"}"#])
    func body_OfAnotherKindIsAnError(body: String) async throws {
        let client = try HDF5Client.make(FakeTransport(body))
        let error = try await failure { try await client.describeFile("f.h5") }
        guard case .notUnderstood = error.reason else { throw error }
        #expect(error.request == "GET /v1/files/f.h5")
    }

    /// Notes which requests may be answered late.
    private struct Patience: Transport {
        final class Log: Sendable {
            let lines = Mutex<[String]>([])
        }

        var isPatient = false
        var log = Log()

        var patient: Patience { Patience(isPatient: true, log: log) }

        func send(_ request: HTTPRequest, body _: [UInt8]?) async throws -> (HTTPResponse, ResponseBody) {
            log.lines.withLock { $0.append("\(isPatient ? "patient " : "")\(request.method) \(request.path ?? "")") }
            throw TransportFailure(.interrupted, "lost")
        }
    }

    @Test func changes_MayBeAnsweredLate() async throws {
        let transport = Patience()
        let client = try HDF5Client.make(transport, url: "http://host/base")
        _ = try await failure { try await client.describeFile("f") }
        _ = try await failure { try await client.repack("f") }
        _ = try await failure { try await client.copy("f", to: "g") }
        _ = try await failure { try await client.write([1], to: "/x", in: "f") }
        _ = try await failure { try await client.withFile("f", .exclusive) { _ in } }
        #expect(
            transport.log.lines.withLock { $0 } == [
                "GET /base/v1/files/f", "patient POST /base/v1/repack/f", "patient POST /base/v1/copies/f",
                "patient PUT /base/v1/values/f/x", "POST /base/v1/locks/f",
            ])
    }

    @Test func dataset_WhoseValuesAreNotWrittenIsRemovedAgain_AlsoWhereTheTaskIsCancelled() async throws {
        let server = StubServer { request in
            if request.path.hasPrefix("/v1/values") {
                withUnsafeCurrentTask { $0?.cancel() }
                return nil
            }
            return request.method == .delete ? (204, [:], []) : StubServer.dataset(9 << 20)
        }
        let file = try HDF5Client.make(server).file("f")
        let task = Task {
            try await failure { try await file.createDataset("x", [UInt8](repeating: 1, count: 9 << 20)) }
        }
        _ = try await task.value
        #expect(
            server.requests.map { "\($0.method) \($0.path)" } == [
                "PUT /v1/datasets/f/x", "PUT /v1/values/f/x", "DELETE /v1/links/f/x",
            ])
    }
}
