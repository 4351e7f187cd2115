public import H5Model
import HTTPMessage
package import HTTPTypes
import Routes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Why a request to a server failed.
public struct HDF5ClientError: Error, Sendable {
    /// What went wrong.
    public enum Reason: Sendable {
        /// The server, or something on the way to it, refused the request.
        case refused(Refusal)
        /// There was no answer, or only a part of it. Of a request that changes something this means that nothing was
        /// changed.
        case transport(TransportFailure)
        /// Whether the change was made is not known: the request was sent, and its answer was lost.
        case outcomeUnknown(UnknownOutcome)
        /// The file was changed while it was read or written in several requests.
        case changedMeanwhile(String)
        /// A file on this machine could not be read or written.
        case localFile(ServiceError)
        /// There was an answer, but not one of this interface, or one that is longer than the caller's limit.
        case notUnderstood(String)
        /// The request says nothing that could be sent.
        case notSent(String)
        /// The call makes no sense, or the values do not fit: found here, and not by the server.
        case unfit(ServiceError)
        /// No renewal of a lease was answered before its time was over.
        case leaseEnded(String)
    }

    /// What a server says when it refuses a request.
    public struct Refusal: Equatable, Sendable {
        /// The HTTP status.
        public var status: Int
        /// The server's code. Where the answer has none: the only code of that status, or nil where there are several.
        public var code: ErrorCode?
        /// One sentence for a person.
        public var message: String
        /// The request's id in the server's log.
        public var requestID: String?
        /// When another attempt may succeed (`Retry-After` in seconds).
        public var retryAfter: Duration?
        /// Which change of a batch failed, from 0 on.
        public var index: Int?
        /// Whether the server itself says so, and nothing on the way to it.
        var isNative = false
    }

    /// What is known of a change whose answer was lost.
    public struct UnknownOutcome: Equatable, Sendable {
        /// How the answer was lost.
        public var failure: TransportFailure
        /// What the server said when the request was sent again.
        public var refusal: Refusal?
    }

    /// What went wrong.
    public var reason: Reason
    /// Method and target of the request; nil for an error without one.
    public var request: String?
    /// How much of a transfer in several requests was done before; nil for everything else.
    public var done: TransferProgress?

    init(_ reason: Reason, request: HTTPRequest? = nil) {
        self.reason = reason
        self.request = request.map { "\($0.method.rawValue) \(Self.withoutToken($0.path ?? ""))" }
    }

    /// Whoever has a lease's token has its lock: no message tells it.
    private static func withoutToken(_ target: String) -> String {
        let parts = target.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.contains("locks"), let last = parts.last, last.count == 32, last.allSatisfy(\.isHexDigit) else {
            return target
        }
        return (parts.dropLast() + ["..."]).joined(separator: "/")
    }
}

extension HDF5ClientError {
    init(_ error: ServiceError) {
        self.init(.unfit(error))
    }

    /// What the server said, where it is the server that refused.
    public var refusal: Refusal? {
        if case .refused(let refusal) = reason { refusal } else { nil }
    }

    /// The server's code, where the server refused and gave one, or the same where the call was refused here, or a file of
    /// this machine could not be read or written; `leaseLost`
    /// also where a lease ended unanswered, or was lost with an answer.
    public var code: ErrorCode? {
        switch reason {
        case .leaseEnded: .leaseLost
        case .changedMeanwhile: .preconditionFailed
        case .unfit(let error), .localFile(let error): error.code
        case .outcomeUnknown(let unknown): unknown.refusal?.code == .leaseLost ? .leaseLost : nil
        default: refusal?.code
        }
    }

    /// Whether the caller's task was cancelled.
    public var isCancelled: Bool {
        switch reason {
        case .transport(let failure): failure.kind == .cancelled
        case .outcomeUnknown(let unknown): unknown.failure.kind == .cancelled
        default: false
        }
    }
}

extension HDF5ClientError {
    /// The error of a transfer of which so much was done before.
    func after(_ done: TransferProgress) -> HDF5ClientError {
        var error = self
        error.done = done
        return error
    }
}

extension HDF5ClientError: CustomStringConvertible {
    public var description: String {
        let sentence =
            switch reason {
            case .refused(let refusal): refusal.description
            case .transport(let failure): "no answer: \(failure)"
            case .outcomeUnknown(let unknown): unknown.description
            case .localFile(let error): error.message
            case .unfit(let error): error.description
            case .notUnderstood(let sentence), .notSent(let sentence),
                .leaseEnded(let sentence), .changedMeanwhile(let sentence):
                sentence
            }
        let before = done.map { "; before, \($0) were done" } ?? ""
        return (request.map { "\(sentence) - while sending \($0)" } ?? sentence) + before
    }
}

extension HDF5ClientError.UnknownOutcome: CustomStringConvertible {
    public var description: String {
        let answer = refusal.map { "; sent again, it was refused: \($0)" } ?? ""
        return "the change may have been made, or not: \(failure)\(answer)"
    }
}

extension HDF5ClientError.Refusal: CustomStringConvertible {
    public var description: String {
        let id = requestID.map { ", request \($0)" } ?? ""
        return "\(code?.rawValue ?? "status"): \(message) (\(status)\(id))"
    }
}

extension HDF5ClientError.Refusal {
    /// The native interface's error body.
    private struct Body: Decodable {
        var code: String
        var message: String
        var request: String?
        var index: Int?
    }

    package init(_ head: HTTPResponse, body: [UInt8]) {
        // What is no error body of this interface is a proxy's page: then the status has to do.
        let body = try? JSONDecoder().decode(Body.self, from: Data(body))
        status = head.status.code
        code = body.flatMap { ErrorCode(rawValue: $0.code) } ?? ErrorCode(onlyOf: head.status.code)
        message = body?.message ?? "the answer has status \(head.status.code) and no explanation"
        requestID = body?.request ?? head.headerFields[.requestID]
        isNative = body?.request != nil
        index = body?.index
        retryAfter = head.headerFields[.retryAfter].flatMap { Int($0) }.map { .seconds($0) }
    }
}

extension ErrorCode {
    /// The code that has this status in the native interface; nil where there is none or more than one.
    init?(onlyOf status: Int) {
        let codes = ErrorCode.allCases.filter { $0.nativeStatus == status }
        guard codes.count == 1 else { return nil }
        self = codes[0]
    }
}

/// Does what needs no server, and fails as a call does.
func locally<R>(_ body: () throws(ServiceError) -> R) throws(HDF5ClientError) -> R {
    do {
        return try body()
    } catch {
        throw HDF5ClientError(error)
    }
}
