import H5Model
import HTTPMessage
package import HTTPTypes

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A client of a lockedh5 server.
///
/// Each call is one request (a listing: one a page), which the server answers under its own lock of the file; two calls
/// may see two states of it. `withFile` keeps the lock over many calls, `ifUnchanged` notices a change in between. Every
/// failure of a call is an `HDF5ClientError`.
public struct HDF5Client: Sendable {
    /// An error's body is not longer; what is more is not read.
    private static let errorLimit = 64 << 10

    private let scheme: String
    private let authority: String
    private let basePath: String
    private let transport: any Transport
    /// Time and its passing.
    let clock: any LeaseClock
    /// How often requests are sent again that do not say it themselves.
    private let retry: RetryPolicy
    /// Numbers from 0 to less than 1.
    private let random: @Sendable () -> Double
    /// The lease under which all calls are sent that name no other; nil for none.
    private let lease: Lease?

    /// A client of the server at `url`; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - url: `http` or `https`, a host, and the path under which the server is mounted, if any.
    ///   - retry: For calls that say nothing of it.
    /// - Throws: `notSent` for a URL that names no such server.
    public init(
        url: URL, transport: any Transport = AsyncHTTPClientTransport(), retry: RetryPolicy = RetryPolicy()
    ) throws(HDF5ClientError) {
        try self.init(url: url, transport: transport, retry: retry, clock: SystemClock())
    }

    init(
        url: URL, transport: any Transport, retry: RetryPolicy, clock: any LeaseClock,
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) throws(HDF5ClientError) {
        let parts = URLComponents(url: url, resolvingAgainstBaseURL: true)
        guard let parts, let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = parts.percentEncodedHost, !host.isEmpty, parts.user == nil, parts.query == nil
        else {
            throw HDF5ClientError(.notSent("\(url) is not the address of a server: http://HOST:PORT"))
        }
        self.scheme = scheme
        authority = host + (parts.port.map { ":\($0)" } ?? "")
        basePath = String(parts.percentEncodedPath.trimmingSuffix { $0 == "/" })
        self.transport = transport
        self.retry = retry
        self.clock = clock
        self.random = random
        lease = nil
    }

    /// The same client, whose calls are sent under `lease`.
    init(_ client: HDF5Client, under lease: Lease) {
        scheme = client.scheme
        authority = client.authority
        basePath = client.basePath
        transport = client.transport
        retry = client.retry
        clock = client.clock
        random = client.random
        self.lease = lease
    }

    /// Whether both send to one server.
    func isSameServer(as other: HDF5Client) -> Bool {
        (scheme, authority, basePath) == (other.scheme, other.authority, other.basePath)
    }

    /// A request for a resource.
    package func request(
        _ target: ResourceTarget, method: HTTPRequest.Method = .get, accept: String = "application/json",
        _ options: CallOptions
    ) -> HTTPRequest {
        var request = HTTPRequest(method: method, scheme: scheme, authority: authority, path: basePath + target.text)
        request.headerFields[.accept] = accept
        request.headerFields[.prefer] = options.preference
        request.headerFields[.ifMatch] = options.ifMatch?.field
        request.headerFields[.lockToken] = options.lockToken ?? lease?.token
        return request
    }

    /// Whether a call is sent under a lease.
    func isLeased(_ options: CallOptions) -> Bool { options.lockToken != nil || lease != nil }

    /// Sends a request and takes its whole answer; sends it again where that is safe.
    ///
    /// - Parameter repetition: What comes of it when the request is carried out twice; nil tells that by its method.
    package func send(
        _ request: HTTPRequest, body: [UInt8]? = nil, repetition: Repetition? = nil, _ options: CallOptions
    ) async throws(HDF5ClientError) -> Answer {
        try await attempting(request, repetition, options) { () throws(HDF5ClientError) in
            try await sendOnce(request, body: body, options)
        }
    }

    /// Sends a request, again where that is safe, until there is an answer whose head says success.
    ///
    /// - Parameter repetition: As of `send`.
    /// - Returns: The answer's head, and its body, which is yet to come.
    package func open(
        _ request: HTTPRequest, body: [UInt8]? = nil, repetition: Repetition? = nil, _ options: CallOptions
    ) async throws(HDF5ClientError) -> (head: HTTPResponse, body: ResponseBody) {
        try await attempting(request, repetition, options) { () throws(HDF5ClientError) in
            try await begin(request, body: body)
        }
    }

    private func attempting<Success>(
        _ request: HTTPRequest, _ repetition: Repetition?, _ options: CallOptions,
        _ send: () async throws(HDF5ClientError) -> Success
    ) async throws(HDF5ClientError) -> Success {
        var attempts = attempts(options, repetition ?? request.repetition)
        while true {
            do throws(HDF5ClientError) {
                return try await send()
            } catch {
                do throws(HDF5ClientError) {
                    try await pause(&attempts, after: error)
                } catch {
                    noteLoss(error, of: request)
                    throw error
                }
            }
        }
    }

    /// The attempts that a call has.
    func attempts(_ options: CallOptions, _ repetition: Repetition) -> Attempts {
        Attempts(options.retry ?? retry, repetition, random: random)
    }

    /// Waits for the next attempt.
    /// - Throws: Why all have failed, where there is to be none.
    func pause(_ attempts: inout Attempts, after error: HDF5ClientError) async throws(HDF5ClientError) {
        let pause = try attempts.pause(after: error)
        do {
            try await clock.sleep(for: pause)
        } catch {
            throw attempts.cancelled()
        }
    }

    private func sendOnce(
        _ request: HTTPRequest, body: [UInt8]?, _ options: CallOptions
    ) async throws(HDF5ClientError) -> Answer {
        try await answer(try await begin(request, body: body), to: request, options)
    }

    /// Sends a request once, whose body is made while it is sent.
    func send(
        _ request: HTTPRequest, pieces: RequestPieces, _ options: CallOptions
    ) async throws(HDF5ClientError) -> Answer {
        let transport = transport(for: request)
        do throws(HDF5ClientError) {
            let opened = try await succeeding(request) { try await transport.send(request, pieces: pieces) }
            return try await answer(opened, to: request, options)
        } catch {
            noteLoss(error, of: request)
            throw error
        }
    }

    /// The whole of an answer that has begun.
    private func answer(
        _ begun: (head: HTTPResponse, body: ResponseBody), to request: HTTPRequest, _ options: CallOptions
    ) async throws(HDF5ClientError) -> Answer {
        let (head, pieces) = begun
        let bytes: [UInt8]?
        do {
            let expected = request.method == .head ? nil : head.headerFields[.contentLength].flatMap { Int($0) }
            bytes = try await pieces.collect(upTo: options.bodyLimit, expecting: expected ?? 0)
        } catch {
            throw HDF5ClientError(.transport(TransportFailure(error)), request: request)
        }
        guard let bytes else {
            let sentence = "the answer has more than the \(options.bodyLimit) bytes that the caller takes"
            throw HDF5ClientError(.notUnderstood(sentence), request: request)
        }
        return Answer(request: request, head: head, body: bytes)
    }

    /// The head of an answer, which says success, and its body, which is yet to come.
    private func begin(
        _ request: HTTPRequest, body: [UInt8]?
    ) async throws(HDF5ClientError) -> (head: HTTPResponse, body: ResponseBody) {
        let transport = transport(for: request)
        return try await succeeding(request) { try await transport.send(request, body: body) }
    }

    /// A change may have to wait for the disk, and a copy or repacking works all the time before it is answered; with
    /// leases the client has an eye on the time itself.
    private func transport(for request: HTTPRequest) -> any Transport {
        let isOfLocks = request.path?.dropFirst(basePath.utf8.count).hasPrefix("/v1/locks") ?? false
        return [.get, .head].contains(request.method) || isOfLocks ? transport : transport.patient
    }

    private func succeeding(
        _ request: HTTPRequest, _ send: () async throws -> (HTTPResponse, ResponseBody)
    ) async throws(HDF5ClientError) -> (head: HTTPResponse, body: ResponseBody) {
        let refusal: HDF5ClientError.Refusal
        do {
            let (head, pieces) = try await send()
            if head.status.kind == .successful { return (head, pieces) }
            refusal = .init(head, body: try await pieces.collect(upTo: Self.errorLimit, expecting: 0) ?? [])
        } catch {
            throw HDF5ClientError(.transport(TransportFailure(error)), request: request)
        }
        throw HDF5ClientError(.refused(refusal), request: request)
    }

    /// Tells the lease under which the request was sent that it is lost.
    private func noteLoss(_ error: HDF5ClientError, of request: HTTPRequest) {
        guard error.code == .leaseLost, let lease, request.headerFields[.lockToken] == lease.token else { return }
        lease.lose(error)
    }

    /// The description that a resource answers with.
    func describe<Description: Decodable>(
        _ target: ResourceTarget, _ options: CallOptions
    ) async throws(HDF5ClientError) -> Description {
        try await send(request(target, options), options).decode()
    }
}

/// A successful answer.
package struct Answer: Sendable {
    var request: HTTPRequest
    package var head: HTTPResponse
    package var body: [UInt8]

    /// The tag of what was read, or of what is there after a write.
    var tag: EntityTag? { head.headerFields[.eTag].map(EntityTag.init(field:)) }

    /// The body, which is JSON.
    func decode<Description: Decodable>() throws(HDF5ClientError) -> Description {
        try understood { try JSONDecoder().decode(Description.self, from: Data(body)) }
    }

    /// What `read` makes of the answer.
    func understood<Result>(_ read: () throws -> Result) throws(HDF5ClientError) -> Result {
        do {
            return try read()
        } catch let error as HDF5ClientError {
            throw error
        } catch {
            throw notUnderstood("\(error)")
        }
    }

    func notUnderstood(_ what: String) -> HDF5ClientError {
        HDF5ClientError(.notUnderstood("the answer is not understood: \(what)"), request: request)
    }
}

extension HTTPRequest {
    /// What comes of it when the request is carried out twice, as far as the method tells (RFC 9110, 9.2).
    fileprivate var repetition: Repetition {
        switch method {
        case .get, .head: return .reads
        case .put, .delete: return .same
        default:
            let tag = headerFields[.ifMatch].map(EntityTag.init(field:))
            return tag.map { !$0.isWeak } == true || headerFields[.ifNoneMatch] == "*" ? .conditional : .more
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return rest
    }
}
