import AsyncHTTPClient
public import HTTPTypes
import NIOCore
import NIOHTTP1

/// The transport over async-http-client: one pool of connections for all clients of the process.
///
/// A connection is to be made within 10 s; an answer that stalls for 90 s is given up, one to a change, which may have much
/// to do before it begins, after an hour, and a request of which nothing can be sent for 5 min. There is no bound on the time
/// of what goes on. A redirection is an answer, and is not followed.
public struct AsyncHTTPClientTransport: Transport {
    private static let prompt = makeClient(silence: .seconds(90))
    private static let patient = makeClient(silence: .hours(1))
    private var client = Self.prompt

    private static func makeClient(silence: TimeAmount) -> HTTPClient {
        HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration(silence))
    }

    private static func configuration(_ silence: TimeAmount) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: silence, write: .minutes(5)))
        // A server that refuses connections is told at once, not when the time for making one is over.
        configuration.connectionPool.retryConnectionEstablishment = false
        // Long answers are taken in long pieces: each one costs a change of threads.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.setOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 4 << 10, maximum: 1 << 20))
        }
        return configuration
    }

    /// The transport; all of them share one pool.
    public init() {}

    public var patient: AsyncHTTPClientTransport {
        var patient = self
        patient.client = Self.patient
        return patient
    }

    public func send(_ request: HTTPRequest, body: [UInt8]?) async throws -> (HTTPResponse, ResponseBody) {
        try await send(request, body.map { .bytes($0) })
    }

    public func send(_ request: HTTPRequest, pieces: RequestPieces) async throws -> (HTTPResponse, ResponseBody) {
        try await send(request, stream(pieces.pieces, length: pieces.length))
    }

    private func stream(
        _ pieces: some AsyncSequence<[UInt8], any Error> & Sendable, length: Int
    ) -> HTTPClientRequest.Body {
        .stream(pieces.map { ByteBuffer(bytes: $0) }, length: .known(Int64(length)))
    }

    private func send(
        _ request: HTTPRequest, _ body: HTTPClientRequest.Body?
    ) async throws -> (HTTPResponse, ResponseBody) {
        var message = HTTPClientRequest(url: request.absoluteTarget)
        message.method = HTTPMethod(rawValue: request.method.rawValue)
        for field in request.headerFields {
            message.headers.add(name: field.name.canonicalName, value: field.value)
        }
        message.body = body
        do {
            let answer = try await client.execute(message, deadline: .distantFuture)
            return (HTTPResponse(answer), ResponseBody(Pieces(body: answer.body)))
        } catch {
            throw TransportFailure(ofHTTPClient: error)
        }
    }
}

/// The body of an answer; one that is given up before its end closes the connection.
private struct Pieces: AsyncSequence, Sendable {
    let body: HTTPClientResponse.Body

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: body.makeAsyncIterator())
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var body: HTTPClientResponse.Body.AsyncIterator

        mutating func next() async throws -> [UInt8]? {
            do {
                return try await body.next().map { Array($0.readableBytesView) }
            } catch {
                throw TransportFailure(ofHTTPClient: error)
            }
        }
    }
}

extension HTTPRequest {
    fileprivate var absoluteTarget: String {
        "\(scheme ?? "http")://\(authority ?? "")\(path ?? "/")"
    }
}

extension HTTPResponse {
    /// Fields whose name is not a token (RFC 9110, 5.6.2) are left out.
    fileprivate init(_ answer: HTTPClientResponse) {
        var fields: HTTPFields = [:]
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        self.init(status: Status(code: Int(answer.status.code)), headerFields: fields)
    }
}
