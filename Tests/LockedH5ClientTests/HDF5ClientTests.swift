import Foundation
import HTTPTypes
import LockedH5Client
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
}
