import H5Model
import HTTPTypes
import LockedH5Client
import Testing

struct VisitedObjectsTests {
    private struct Cut: Error {}

    /// A server's stand-in whose answer comes in pieces, and may break off.
    private struct InPieces: Transport {
        let pieces: [String]
        let isCut: Bool

        func send(_: HTTPRequest, body _: [UInt8]?) async throws -> (HTTPResponse, ResponseBody) {
            let stream = AsyncThrowingStream<[UInt8], any Error> { continuation in
                for piece in pieces { continuation.yield(Array(piece.utf8)) }
                continuation.finish(throwing: isCut ? Cut() : nil)
            }
            return (HTTPResponse(status: .ok), ResponseBody(stream))
        }
    }

    private static let pieces = [
        #"{"path":"a","kind":"#, #""group","href":""}"#, "\n{\"path\":\"a/b\",\"kind\":\"dataset\",\"shape\":[2]",
        ",\"href\":\"\"}\n",
    ]

    @Test func objects_ComeOneALine_HoweverTheyArrive() async throws {
        let client = try HDF5Client.make(InPieces(pieces: Self.pieces, isCut: false))
        var found: [ObjectPath] = []
        for try await object in client.objects(in: "f") { found.append(object.path) }
        #expect(found == ["/a", "/a/b"])
    }

    @Test func line_WithoutAnEndIsTakenUpToTheLimit() async throws {
        let client = try HDF5Client.make(InPieces(pieces: Array(repeating: "{\"path\":\"a", count: 1000), isCut: true))
        let error = try await failure {
            for try await _ in client.objects(in: "f", options: CallOptions(bodyLimit: 100)) {}
        }
        guard case .notUnderstood(let reason) = error.reason else { throw error }
        #expect(reason == "the answer has more than the 100 bytes that the caller takes at once")
    }

    @Test func objects_AreAnErrorWhereTheAnswerBreaksOff() async throws {
        let client = try HDF5Client.make(InPieces(pieces: Self.pieces, isCut: true))
        var count = 0
        let error = try await failure {
            for try await _ in client.objects(in: "f") { count += 1 }
        }
        guard case .transport = error.reason else { throw error }
        #expect(count == 2)
    }
}
