import HTTPTypes
import LockedH5Client
import Synchronization

/// A server's stand-in whose answers a test's closure makes.
final class StubServer: Transport {
    /// A status, fields and a body; nil for none.
    typealias Answer = (status: Int, fields: HTTPFields, body: [UInt8])

    private let answer: @Sendable (Request) -> Answer?
    private let isCut: @Sendable (Request) -> Bool
    private let asked = Mutex<[Request]>([])

    struct Request: Sendable {
        var head: HTTPRequest
        var body: [UInt8]
        /// How many of the same method and target have come before.
        var earlier: Int

        var method: HTTPRequest.Method { head.method }
        var path: String { head.path ?? "" }

        subscript(name: HTTPField.Name) -> String? { head.headerFields[name] }
    }

    /// - Parameter isCut: Whether the connection breaks behind what there is of an answer's body.
    init(
        cutting isCut: @escaping @Sendable (Request) -> Bool = { _ in false },
        _ answer: @escaping @Sendable (Request) -> Answer?
    ) {
        self.isCut = isCut
        self.answer = answer
    }

    var requests: [Request] { asked.withLock { $0 } }

    func send(_ request: HTTPRequest, body: [UInt8]?) async throws -> (HTTPResponse, ResponseBody) {
        try Task.checkCancellation()
        let request = asked.withLock { asked in
            let earlier = asked.count { $0.method == request.method && $0.head.path == request.path }
            asked.append(Request(head: request, body: body ?? [], earlier: earlier))
            return asked[asked.count - 1]
        }
        guard let answer = answer(request) else { throw TransportFailure(.interrupted, "lost") }
        let head = HTTPResponse(status: .init(code: answer.status), headerFields: answer.fields)
        guard isCut(request) else { return (head, ResponseBody(answer.body)) }
        let broken = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield(answer.body)
            continuation.finish(throwing: TransportFailure(.interrupted, "cut"))
        }
        return (head, ResponseBody(broken))
    }

    /// An answer in JSON.
    static func json(_ text: String, status: Int = 200, tag: String? = nil) -> Answer {
        var fields: HTTPFields = [:]
        fields[.eTag] = tag
        return (status, fields, Array(text.utf8))
    }

    /// A refusal.
    static func refusal(_ status: Int, _ code: String) -> Answer {
        json(#"{"code":"\#(code)","message":"no","request":"7-1"}"#, status: status)
    }

    /// What a server tells of a dataset of bytes.
    static func dataset(_ extent: Int, layout: String = "contiguous", tag: String? = nil) -> Answer {
        let type = #"{"class":"H5T_INTEGER","base":"H5T_STD_U8LE"}"#
        let text = #"""
            {"shape":[\#(extent)],"maxshape":[null],"datatype":\#(type),"chunks":false,"filters":[],"fillvalue":0,
            "layout":"\#(layout)","storageSize":9,"attributeCount":0,
            "fillvalueStored":false,"fillTime":"ifset","trackTimes":false,"trackOrder":false}
            """#
        return json(text, tag: tag)
    }
}
