import Foundation
import H5Model
import HTTPMessage
import HTTPTypes
import Synchronization
import Testing

@testable import LockedH5Client

struct UploadTests {
    private typealias Tag = LockedH5Client.EntityTag

    private let clock = InstantClock()
    private static let content = Array("0123456789".utf8)

    /// Uploads a file of 10 bytes in pieces of 4.
    private func upload(
        _ server: StubServer, isNew: Bool = false, goingOn: Bool = false,
        inspecting inspect: (@Sendable ([UInt8]) -> Void)? = nil, progress: TransferProgress.Handler? = nil
    ) async throws -> Tag? {
        let source = try source(Self.content)
        defer { try? FileManager.default.removeItem(at: source) }
        return try await upload(
            source, server, isNew: isNew, goingOn: goingOn, inspecting: inspect, progress: progress)
    }

    private func source(_ content: [UInt8]) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appending(path: "upload-\(UUID().uuidString)")
        try Data(content).write(to: file)
        return file
    }

    private func upload(
        _ source: URL, _ server: StubServer, isNew: Bool = false, goingOn: Bool = false,
        inspecting inspect: (@Sendable ([UInt8]) -> Void)? = nil, progress: TransferProgress.Handler? = nil
    ) async throws -> Tag? {
        let url = try #require(URL(string: "http://host"))
        let policy = RetryPolicy(attempts: 4)
        let client = try HDF5Client(url: url, transport: server, retry: policy, clock: clock, random: { 0.5 })
        return try await client.upload(
            source, to: "f", isNew: isNew, goingOn: goingOn, pieceSize: 4, inspecting: inspect, progress: progress)
    }

    private func ranges(_ server: StubServer) -> [String] {
        server.requests.compactMap { $0[.contentRange] }
    }

    private static func offset(_ offset: Int) -> StubServer.Answer {
        (202, [.uploadOffset: "\(offset)"], [])
    }

    private static let made: StubServer.Answer = (201, [.eTag: "\"u\""], [])

    /// What a server answers that takes every piece.
    private static func take(_ request: StubServer.Request) -> StubServer.Answer {
        switch request[.contentRange] {
        case "bytes 0-3/10": offset(4)
        case "bytes 4-7/10": offset(8)
        case "bytes 8-9/10": made
        default: StubServer.refusal(409, "exists")
        }
    }

    /// The answers to who reads the file.
    private static func file(_ content: [UInt8], _ request: StubServer.Request) -> StubServer.Answer {
        if request.method == .head { return (200, [.contentLength: "\(content.count)", .eTag: "\"r\""], []) }
        return (206, [.contentRange: "bytes 0-\(content.count - 1)/\(content.count)"], content)
    }

    @Test func pieces_FollowOneAnother() async throws {
        let server = StubServer(Self.take)
        #expect(try await upload(server) == Tag(field: "\"u\""))
        #expect(ranges(server) == ["bytes 0-3/10", "bytes 4-7/10", "bytes 8-9/10"])
        #expect(server.requests.flatMap(\.body) == Self.content)
        #expect(server.requests.allSatisfy { $0[.ifNoneMatch] == nil })
    }

    @Test func piece_WhoseAnswerIsLostGoesOnWhereTheServerSays() async throws {
        let server = StubServer { request in
            switch request[.contentRange] {
            case "bytes 4-7/10": nil
            case "bytes */10": Self.offset(6)
            case "bytes 6-9/10": Self.made
            default: Self.take(request)
            }
        }
        #expect(try await upload(server) == Tag(field: "\"u\""))
        #expect(ranges(server) == ["bytes 0-3/10", "bytes 4-7/10", "bytes */10", "bytes 6-9/10"])
    }

    @Test func server_ThatIsStillBusyWithTheBrokenConnectionIsAskedAgain() async throws {
        let questions = Mutex(0)
        let server = StubServer { request in
            if request[.contentRange] == "bytes 4-7/10" && questions.withLock({ $0 }) == 0 { return nil }
            guard request[.contentRange] == "bytes */10" else { return Self.take(request) }
            let count = questions.withLock { count in
                count += 1
                return count
            }
            return count < 3 ? StubServer.refusal(409, "exists") : Self.offset(4)
        }
        #expect(try await upload(server) == Tag(field: "\"u\""))
        #expect(clock.pauses == [100, 200, 400].map { .milliseconds($0) })
    }

    /// Whatever the server wants to have again, or has already.
    @Test(arguments: [(0, 0), (0, 2), (0, 4), (4, 0), (4, 4), (6, 1), (2, 6), (6, 6)])
    func inspection_SeesEachByteOnce(had: Int, again: Int) async throws {
        let questions = Mutex(0)
        let server = StubServer { request in
            guard let range = request[.contentRange] else { return Self.file(Self.content, request) }
            if range == "bytes */10" {
                return Self.offset(
                    questions.withLock { count in
                        count += 1
                        return count == 1 ? had : again
                    })
            }
            let places = range.dropFirst(6).split { "-/".contains($0) }.compactMap { Int($0) }
            // The answer to the first piece is lost.
            if questions.withLock({ $0 }) == 1 { return nil }
            return places[1] == 9 ? Self.made : Self.offset(places[1] + 1)
        }
        let seen = Mutex<[UInt8]>([])
        _ = try await upload(server, goingOn: true, inspecting: { bytes in seen.withLock { $0 += bytes } })
        #expect(seen.withLock { $0 } == Self.content)
    }

    @Test func server_ThatStaysBusyIsAnError() async throws {
        let server = StubServer { _ in StubServer.refusal(409, "exists") }
        let error = try await failure { try await upload(server) }
        #expect(error.code == .exists)
        #expect(error.done == TransferProgress(bytes: 0, total: 10))
    }

    @Test func server_ThatHasForgottenTheUploadGetsItAnew() async throws {
        let isAgain = Mutex(false)
        let server = StubServer { request in
            if request[.contentRange] == "bytes */10" {
                isAgain.withLock { $0 = true }
                return Self.offset(0)
            }
            return request[.contentRange] == "bytes 4-7/10" && !isAgain.withLock { $0 } ? nil : Self.take(request)
        }
        #expect(try await upload(server) == Tag(field: "\"u\""))
        #expect(
            ranges(server) == [
                "bytes 0-3/10", "bytes 4-7/10", "bytes */10", "bytes 0-3/10", "bytes 4-7/10", "bytes 8-9/10",
            ])
    }

    @Test(arguments: [false, true])
    func lastPiece_WhoseAnswerIsLostIsNotSentAgainWhereTheFileIsThere(isNew: Bool) async throws {
        let server = StubServer { request in
            switch request[.contentRange] {
            case "bytes 8-9/10": nil
            case "bytes */10": isNew ? StubServer.refusal(412, "precondition_failed") : Self.offset(0)
            case nil: Self.file(Self.content, request)
            default: Self.take(request)
            }
        }
        #expect(try await upload(server, isNew: isNew) == Tag(field: "\"r\""))
        #expect(ranges(server) == ["bytes 0-3/10", "bytes 4-7/10", "bytes 8-9/10", "bytes */10"])
    }

    @Test func newFile_ThatSomebodyElseHasMadeMeanwhileIsRefused() async throws {
        let server = StubServer { request in
            switch request[.contentRange] {
            case "bytes 8-9/10": nil
            case "bytes */10": StubServer.refusal(412, "precondition_failed")
            case nil: Self.file(Array("9876543210".utf8), request)
            default: Self.take(request)
            }
        }
        let error = try await failure { try await upload(server, isNew: true) }
        #expect(error.code == .preconditionFailed)
        #expect(server.requests.first?[.ifNoneMatch] == "*")
    }

    @Test func upload_OfSomebodyElseToTheSameNameIsNoticed() async throws {
        let server = StubServer { request in
            request[.contentRange] == "bytes */10" ? Self.offset(8) : nil
        }
        let error = try await failure { try await upload(server) }
        guard case .changedMeanwhile = error.reason else { throw error }
    }

    @Test func upload_ThatGoesOnIsComparedAtItsEnd() async throws {
        let mixed = Array("0123456x89".utf8)
        let server = StubServer { request in
            switch request[.contentRange] {
            case "bytes */10": Self.offset(8)
            case nil: Self.file(mixed, request)
            default: Self.take(request)
            }
        }
        let error = try await failure { try await upload(server, goingOn: true) }
        guard case .changedMeanwhile = error.reason else { throw error }
        #expect(ranges(server) == ["bytes */10", "bytes 8-9/10"])
    }

    @Test func requests_OfAnUploadHaveItsTokenAndThoseOfAnotherFileHaveNot() async throws {
        let server = StubServer { request in
            switch request[.contentRange] {
            case "bytes */10": Self.offset(0)
            case nil: Self.file(Self.content, request)
            default: Self.take(request)
            }
        }
        let (first, other) = (try source(Self.content), try source(Self.content))
        defer { for file in [first, other] { try? FileManager.default.removeItem(at: file) } }
        _ = try await upload(first, server)
        _ = try await upload(other, server)
        _ = try await upload(first, server, goingOn: true)
        let tokens = server.requests.filter { $0.method == .put }.compactMap { $0[.uploadToken] }
        #expect(tokens[..<3].allSatisfy { $0 == tokens[0] } && tokens[6...].allSatisfy { $0 == tokens[0] })
        #expect(tokens.count == 10 && tokens[3..<6].allSatisfy { $0 == tokens[3] } && tokens[3] != tokens[0])
    }

    @Test func refusal_OfTheFileIsNotSentAgain() async throws {
        let server = StubServer { request in
            request[.contentRange] == "bytes 8-9/10" ? StubServer.refusal(422, "not_hdf5") : Self.take(request)
        }
        let error = try await failure { try await upload(server) }
        #expect(error.code == .notHDF5)
        #expect(error.done == TransferProgress(bytes: 8, total: 10))
        #expect(ranges(server).count == 3)
    }
}
