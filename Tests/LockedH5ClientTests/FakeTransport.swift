import Foundation
import HTTPTypes
import LockedH5Client
import Synchronization

/// The network's stand-in: answers what it was given, and keeps what it was asked.
final class FakeTransport: Transport {
    struct Failure: Error, Equatable {}

    /// One that a test does not await.
    struct NoAnswer: Error {}

    private let answers: Mutex<[Result<(HTTPResponse, [UInt8]), Failure>]>
    private let asked = Mutex<[(HTTPRequest, [UInt8]?)]>([])
    private let failure: any Error

    /// - Parameter failure: What is thrown for a `Failure`.
    init(_ answers: [Result<(HTTPResponse, [UInt8]), Failure>], failing failure: any Error = Failure()) {
        self.answers = Mutex(answers)
        self.failure = failure
    }

    /// Answers JSON.
    convenience init(_ bodies: String..., status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) {
        self.init(bodies.map { .success((HTTPResponse(status: status, headerFields: fields), Array($0.utf8))) })
    }

    /// Answers values.
    convenience init(values: [UInt8], shape: String, datatype: String) throws {
        let names = try ["X-HDF5-Shape", "X-HDF5-Datatype"].map { try HTTPField.Name.make($0) }
        let fields: HTTPFields = [
            .contentType: "application/octet-stream", names[0]: shape, names[1]: datatype,
        ]
        self.init([.success((HTTPResponse(status: .ok, headerFields: fields), values))])
    }

    var requests: [HTTPRequest] { asked.withLock { $0.map(\.0) } }
    var bodies: [String?] { asked.withLock { $0.map { $0.1.map { String(decoding: $0, as: UTF8.self) } } } }
    var targets: [String?] { requests.map(\.path) }

    /// The next answer; its body comes in pieces of 3 bytes.
    func send(_ request: HTTPRequest, body: [UInt8]?) async throws -> (HTTPResponse, ResponseBody) {
        asked.withLock { $0.append((request, body)) }
        let answer = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let answer else { throw NoAnswer() }
        guard case .success((let head, let bytes)) = answer else { throw failure }
        let (pieces, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        for start in stride(from: 0, to: bytes.count, by: 3) {
            continuation.yield(Array(bytes[start..<min(start + 3, bytes.count)]))
        }
        continuation.finish()
        return (head, ResponseBody(pieces))
    }
}

extension HDF5Client {
    static func make(
        _ transport: any Transport = FakeTransport(), url: String = "http://host:8080", retry: RetryPolicy = .never
    ) throws -> HDF5Client {
        try HDF5Client(url: URL(string: url) ?? URL(fileURLWithPath: url), transport: transport, retry: retry)
    }
}

extension HTTPField.Name {
    struct NoName: Error {}

    static func make(_ name: String) throws -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { throw NoName() }
        return field
    }
}

/// The error that `body` throws.
func failure<Result>(_ body: () async throws -> Result) async throws -> HDF5ClientError {
    do {
        _ = try await body()
    } catch let error as HDF5ClientError {
        return error
    }
    throw NothingThrown()
}

struct NothingThrown: Error {}
