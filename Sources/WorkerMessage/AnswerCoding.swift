public import H5Model
import HTTPMessage
import HTTPTypes
public import Routes

/// What a worker sends back: it has closed the file before it sends.
public struct WorkerReply: Sendable {
    public var result: Result<WorkerAnswer, ServiceError>
    /// The worker ends itself after this message, since libhdf5 is not trusted after what happened. Its lock counts
    /// as free only when it has ended.
    public var isLast: Bool
    /// The file's last commit was interrupted: it was read as recovery will leave it, and is to be recovered.
    public var foundInterruption: Bool

    public init(result: Result<WorkerAnswer, ServiceError>, isLast: Bool = false, foundInterruption: Bool = false) {
        self.result = result
        self.isLast = isLast
        self.foundInterruption = foundInterruption
    }
}

/// A reply as the gate reads it: the body's bytes may be in a file in memory.
public struct ReceivedReply: Sendable {
    public var reply: WorkerReply
    /// The length of the body that the message's descriptor holds; nil where the message holds it.
    public var memoryFileLength: Int?
}

/// What a worker tells in the middle of a request: a message of one byte, which no reply is.
public enum WorkerNotice: UInt8, Sendable {
    /// The change is complete but for its commit, for which the worker waits to be told.
    case ready = 2
    /// The same, and other small changes of the file can be made before the commit: the gate can answer with another
    /// request, without descriptors.
    case readyForMore = 4
    /// The request goes on: its time begins anew.
    case progress = 3

    public var encoded: [UInt8] { [rawValue] }

    /// Nil where the message is a reply.
    public init?(decoding bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 1 else { return nil }
        self.init(rawValue: bytes[0])
    }

    /// What the gate answers in the end, whereupon the worker commits and replies to all requests in their order.
    public static let commit: [UInt8] = [1]
}

private enum BodyKind: UInt8 {
    case complete, slab, fileRegion, spool
}

extension WorkerReply {
    /// The reply as a message.
    ///
    /// - Parameter memoryFileLength: The body's length where its bytes travel in a file in memory.
    public func encoded(memoryFileLength: Int? = nil) -> [UInt8] {
        var message = MessageEncoder()
        message.byte((isLast ? 1 : 0) | (foundInterruption ? 2 : 0))
        switch result {
        case .failure(let error):
            message.byte(0)
            message.text(error.code.rawValue)
            message.text(error.message)
            message.optional(error.index) { $0.integer($1) }
            message.optional(error.elsewhere) { $0.elsewhere($1) }
        case .success(let answer):
            message.byte(1)
            message.integer(answer.head.status)
            message.list(Array(answer.head.fields)) { message, field in
                message.text(field.name.canonicalName)
                message.text(field.value)
            }
            message.optional(answer.contentLength) { $0.integer($1) }
            message.optional(memoryFileLength) { $0.integer($1) }
            message.optional(answer.contentTag) { $0.text($1) }
            Self.encode(answer.body, inline: memoryFileLength == nil, to: &message)
        }
        return message.bytes
    }

    private static func encode(_ body: WorkerAnswer.Body, inline: Bool, to message: inout MessageEncoder) {
        switch body {
        case .complete(let bytes):
            message.byte(BodyKind.complete.rawValue)
            message.string(inline ? bytes : [])
        case .slab(let bytes, let next):
            message.byte(BodyKind.slab.rawValue)
            message.string(inline ? bytes : [])
            message.string(next)
        case .fileRegion(let offset, let length):
            message.byte(BodyKind.fileRegion.rawValue)
            message.integer(offset)
            message.integer(length)
        case .spool(let length):
            message.byte(BodyKind.spool.rawValue)
            message.integer(length)
        }
    }
}

extension WorkerAnswer.Body {
    fileprivate var numbers: [Int] {
        switch self {
        case .complete, .slab: []
        case .fileRegion(let offset, let length): [offset, length]
        case .spool(let length): [length]
        }
    }
}

extension ReceivedReply {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(MessageError) {
        var message = MessageDecoder(bytes)
        let flags = try message.byte()
        let (isLast, isInterrupted) = (flags & 1 != 0, flags & 2 != 0)
        if try message.byte() == 0 {
            guard let code = ErrorCode(rawValue: try message.text()) else { throw MessageError() }
            let text = try message.text()
            let index = try message.optional { message throws(MessageError) in try message.integer() }
            let elsewhere = try message.optional { message throws(MessageError) in try message.elsewhere() }
            let error = ServiceError(code, text, index: index, elsewhere: elsewhere)
            reply = WorkerReply(result: .failure(error), isLast: isLast, foundInterruption: isInterrupted)
            return
        }
        var head = ResponseHead(status: try message.integer())
        let fields = try message.list { message throws(MessageError) in
            (name: try message.text(), value: try message.text())
        }
        for field in fields {
            guard let name = HTTPField.Name(field.name) else { throw MessageError() }
            head.fields.append(HTTPField(name: name, value: field.value))
        }
        let length = try message.optional { message throws(MessageError) in try message.integer() }
        memoryFileLength = try message.optional { message throws(MessageError) in try message.integer() }
        let tag = try message.optional { message throws(MessageError) in try message.text() }
        var answer = WorkerAnswer(head: head, contentLength: length, body: try Self.body(&message))
        answer.contentTag = tag
        // A worker may have been taken over by a file: the gate believes only what can be.
        guard (200...599).contains(head.status), length ?? 0 >= 0, memoryFileLength ?? 0 >= 0,
            answer.body.numbers.allSatisfy({ (0...(1 << 61)).contains($0) })
        else { throw MessageError() }
        reply = WorkerReply(result: .success(answer), isLast: isLast, foundInterruption: isInterrupted)
    }

    private static func body(_ message: inout MessageDecoder) throws(MessageError) -> WorkerAnswer.Body {
        switch BodyKind(rawValue: try message.byte()) {
        case .complete: .complete(try message.string())
        case .slab: .slab(try message.string(), next: try message.string())
        case .fileRegion: .fileRegion(offset: try message.integer(), length: try message.integer())
        case .spool: .spool(length: try message.integer())
        case nil: throw MessageError()
        }
    }
}
