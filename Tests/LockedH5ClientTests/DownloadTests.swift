import Foundation
import H5Model
import HTTPMessage
import HTTPTypes
import Synchronization
import Testing

@testable import LockedH5Client

struct DownloadTests {
    private static let content = Array("0123456789".utf8)

    /// What a server answers whose file has 10 bytes; nil for a request about anything else.
    private static func file(_ request: StubServer.Request) -> StubServer.Answer? {
        if request.method == .head { return (200, [.contentLength: "10", .eTag: "\"s\""], []) }
        let bounds = request[.range]?.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) } ?? []
        guard bounds.count == 2, request[.ifMatch] == "\"s\"" else { return nil }
        return (206, [.contentRange: "bytes \(bounds[0])-\(bounds[1])/10"], Array(content[bounds[0]...bounds[1]]))
    }

    private static func ranges(_ server: StubServer) -> [String] {
        server.requests.compactMap { $0[.range] }
    }

    /// Downloads in pieces of 4 bytes; what is in the directory then, and what was seen.
    /// - Parameter earlier: What an earlier download has brought.
    private func download(
        _ server: StubServer, earlier: String = ""
    ) async throws -> (result: Result<[UInt8], HDF5ClientError>, names: [String], seen: [UInt8]) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "download-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let target = folder.appending(path: "f.h5")
        let url = try #require(URL(string: "http://host"))
        let client = try HDF5Client(
            url: url, transport: server, retry: RetryPolicy(attempts: 3), clock: InstantClock(), random: { 0.5 })
        let seen = Mutex<[UInt8]>([])
        if !earlier.isEmpty {
            let broken = StubServer(cutting: { $0.method == .get }) { request in
                guard var answer = Self.file(request), request.method == .get else { return Self.file(request) }
                answer.body = request.earlier == 0 ? Array(earlier.utf8) : []
                return answer
            }
            let begun = try HDF5Client(
                url: url, transport: broken, retry: .never, clock: InstantClock(), random: { 0.5 })
            _ = try await failure { try await begun.download("f", to: target, pieceSize: 4) }
        }
        let result: Result<[UInt8], HDF5ClientError>
        do throws(HDF5ClientError) {
            try await client.download(
                "f", to: target, pieceSize: 4, inspecting: { bytes in seen.withLock { $0 += bytes } })
            result = .success([])
        } catch {
            result = .failure(error)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let bytes = names.contains("f.h5") ? Array(try Data(contentsOf: target)) : []
        return (result.map { _ in bytes }, names, seen.withLock { $0 })
    }

    @Test func pieces_FollowOneAnother() async throws {
        let server = StubServer(Self.file)
        let (result, names, seen) = try await download(server)
        #expect(try result.get() == Self.content)
        #expect(seen == Self.content && names == ["f.h5"])
        #expect(Self.ranges(server) == ["bytes=0-3", "bytes=4-7", "bytes=8-9"])
    }

    @Test func answer_ThatBreaksOffGoesOnWhereItDid() async throws {
        let server = StubServer(cutting: { $0[.range] == "bytes=4-7" }) { request in
            guard var answer = Self.file(request) else { return nil }
            if request[.range] == "bytes=4-7" { answer.body = [UInt8(ascii: "4")] }
            return answer
        }
        let (result, _, seen) = try await download(server)
        #expect(try result.get() == Self.content)
        #expect(seen == Self.content)
        #expect(Self.ranges(server) == ["bytes=0-3", "bytes=4-7", "bytes=5-8", "bytes=9-9"])
    }

    @Test func earlierDownload_IsGoneOnWith() async throws {
        let server = StubServer(Self.file)
        let (result, names, seen) = try await download(server, earlier: "012")
        #expect(try result.get() == Self.content)
        #expect(seen == Self.content && names == ["f.h5"])
        #expect(Self.ranges(server) == ["bytes=3-6", "bytes=7-9"])
    }

    @Test func attempts_AreCountedFromTheLastThatBroughtSomething() async throws {
        let server = StubServer { request in
            request[.range] == "bytes=4-7" && request.earlier < 6 ? nil : Self.file(request)
        }
        let (result, names, _) = try await download(server)
        guard case .failure(let error) = result else { throw NothingThrown() }
        guard case .transport = error.reason else { throw error }
        #expect(error.done == TransferProgress(bytes: 4, total: 10))
        #expect(Self.ranges(server) == ["bytes=0-3", "bytes=4-7", "bytes=4-7", "bytes=4-7"])
        #expect(names.count == 1 && names.allSatisfy { $0.hasSuffix(".part") })
    }

    @Test func answer_ThatIsNotOfTheRangeIsNotTaken() async throws {
        let whole = StubServer { request in
            request.method == .head ? Self.file(request) : (200, [:], Self.content)
        }
        let tooLong = StubServer { request in
            guard var answer = Self.file(request), request.method == .get else { return Self.file(request) }
            answer.body += [0]
            return answer
        }
        for server in [whole, tooLong] {
            let (result, names, _) = try await download(server)
            guard case .failure(let error) = result else { throw NothingThrown() }
            guard case .notUnderstood = error.reason else { throw error }
            #expect(!names.contains("f.h5"))
        }
    }

    @Test func file_ThatIsChangedMeanwhileLeavesNothing() async throws {
        let server = StubServer { request in
            request[.range] == "bytes=4-7" ? StubServer.refusal(412, "precondition_failed") : Self.file(request)
        }
        let (result, names, _) = try await download(server)
        guard case .failure(let error) = result else { throw NothingThrown() }
        guard case .changedMeanwhile(let sentence) = error.reason else { throw error }
        #expect(sentence.contains("after 4 of 10 bytes") && names.isEmpty)
    }
}
