import Foundation
import HTTPTypes
import Synchronization

@testable import LockedH5Client

/// A server's stand-in that grants leases of 60 s, and answers what a test gives it for each method.
final class LeaseServer: Transport {
    enum Answer: Sendable {
        case ok, lost, locked, noAnswer, silence
    }

    private struct State {
        var answers: [HTTPRequest.Method: [Answer]]
        var requests: [HTTPRequest] = []
        var bodies: [[UInt8]?] = []
        var watchers: [(count: Int, method: HTTPRequest.Method, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    /// For each method its first answers; those that follow are `ok`.
    init(_ answers: [HTTPRequest.Method: [Answer]] = [:]) {
        state = Mutex(State(answers: answers))
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    var methods: [HTTPRequest.Method] { requests.map(\.method) }
    var bodies: [String?] { state.withLock { $0.bodies.map { $0.map { String(decoding: $0, as: UTF8.self) } } } }

    func send(_ request: HTTPRequest, body: [UInt8]?) async throws -> (HTTPResponse, ResponseBody) {
        let (answer, watchers) = state.withLock { state in
            state.requests.append(request)
            state.bodies.append(body)
            let count = state.requests.count { $0.method == request.method }
            let seen = state.watchers.filter { $0.method == request.method && $0.count <= count }
            state.watchers.removeAll { $0.method == request.method && $0.count <= count }
            let answers = state.answers[request.method] ?? []
            return (count <= answers.count ? answers[count - 1] : .ok, seen)
        }
        for watcher in watchers { watcher.continuation.resume() }
        switch answer {
        case .ok: return Self.make(request.method == .delete ? 204 : request.method == .post ? 201 : 200, Self.lease)
        case .lost: return Self.make(412, #"{"code":"lease_lost","message":"the lease has ended"}"#)
        case .locked: return Self.make(423, #"{"code":"locked","message":"f.h5 is locked"}"#)
        case .noAnswer: throw FakeTransport.Failure()
        case .silence:
            let (never, continuation) = AsyncStream<Never>.makeStream()
            for await _ in never {}
            withExtendedLifetime(continuation) {}
            throw CancellationError()
        }
    }

    /// Waits until that many requests of a method have come.
    func waitFor(_ count: Int, _ method: HTTPRequest.Method) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.requests.count(where: { $0.method == method }) >= count { return true }
                state.watchers.append((count, method, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private static let lease = #"""
        {"token":"t0","file":"f.h5","mode":"exclusive","ttl":60,"expires":"2026-01-02T03:04:05Z","fence":7,
        "superblockVersion":2,"userBlockSize":0,"freeSpace":0}
        """#

    private static func make(_ status: Int, _ body: String) -> (HTTPResponse, ResponseBody) {
        (HTTPResponse(status: .init(code: status)), ResponseBody(Array(body.utf8)))
    }
}

extension HDF5Client {
    /// - Parameter random: What stands for the random number of each pause.
    static func make(
        _ server: any Transport, _ clock: ManualClock, retry: RetryPolicy = .never, random: Double = 0.5
    ) throws -> HDF5Client {
        let url = URL(string: "http://host:8080") ?? URL(fileURLWithPath: "/")
        return try HDF5Client(url: url, transport: server, retry: retry, clock: clock, random: { random })
    }
}
