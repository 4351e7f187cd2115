public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
public import LockedH5
public import Routes

extension NativeDialect {
    /// A list of requests about one file that are done one after another, all or none.
    public struct Batch: Sendable {
        /// The longest request of a batch, in bytes.
        static let longestItem = 64 << 20

        let request: WorkerRequest
        let body: RequestBody

        /// - Parameter body: Lives as long as the batch: a JSON array, or an object a line.
        public init(_ request: WorkerRequest, body: RequestBody) {
            self.request = request
            self.body = body
        }

        /// The lock that the requests need: shared where all of them read. Every one of them has been parsed.
        /// - Throws: What is wrong with one of them, with its index.
        public func lockMode() throws(ServiceError) -> LockMode {
            var mode = LockMode.shared
            try forEach { item, _ in if item.isChange { mode = .exclusive } }
            return mode
        }

        /// - Throws: What `body` throws, with the index of the request.
        func forEach(_ visit: (BatchItem, Int) throws(ServiceError) -> Void) throws(ServiceError) {
            var index = 0
            try forEachText { text throws(ServiceError) in
                do throws(ServiceError) {
                    try visit(try BatchItem(text, of: request), index)
                } catch {
                    let rule = error.elsewhere == nil ? "" : ": a batch is about one file"
                    throw ServiceError(
                        error.code, "request \(index) of the batch: \(error.message)\(rule)", index: index)
                }
                index += 1
            }
        }

        private func forEachText(_ visit: (JSONSource) throws(ServiceError) -> Void) throws(ServiceError) {
            switch body {
            case .none: throw ServiceError(.invalid, "the request has no body, which would be the batch's requests")
            case .octetStream, .npy: throw ServiceError(.unsupportedMedia, "a batch is JSON")
            case .json(let bytes):
                try bytes.withBytes { text throws(ServiceError) in try Self.elements(of: text, visit) }
            case .lines(let bytes): try bytes.forEachLine(limit: Self.longestItem, visit)
            }
        }

        private static func elements(
            of text: UnsafeRawBufferPointer, _ visit: (JSONSource) throws(ServiceError) -> Void
        ) throws(ServiceError) {
            var json = JSONReader(text)
            try parsing { () throws(JSONError) in try json.beginList() }
            while try parsing({ () throws(JSONError) in try json.nextElement() }) {
                let element = try parsing { () throws(JSONError) in try json.skip() }
                try visit(JSONSource(text: element.text, origin: element.origin))
            }
            try parsing { () throws(JSONError) in try json.end() }
        }

        private static func parsing<R>(_ read: () throws(JSONError) -> R) throws(ServiceError) -> R {
            do {
                return try read()
            } catch {
                throw ServiceError(error)
            }
        }
    }

    /// Does a batch that only reads.
    /// - Throws: What the first request that fails throws, with its index.
    public static func answer(
        _ batch: Batch, file: borrowing ReadableFile, limits: Limits, progress: () -> Void = {}
    ) throws(ServiceError) -> WorkerAnswer {
        var answers = BatchAnswers(batch)
        try batch.forEach { item, index throws(ServiceError) in
            if index % 64 == 63 { progress() }
            guard !item.isChange else { throw ServiceError(.wrongKind, "it writes, and the batch has a shared lock") }
            try answers.append(item.request, item.body, file, limits)
        }
        return answers.whole()
    }

    /// Does a batch, whose later requests see what earlier ones have written.
    /// - Throws: What the first request that fails throws, with its index; then nothing may be kept of the others.
    public static func answer(
        _ batch: Batch, file: borrowing WritableFile, limits: Limits, progress: () -> Void = {}
    ) throws(ServiceError) -> WorkerAnswer {
        var answers = BatchAnswers(batch)
        var isUnchanged = true
        try batch.forEach { item, index throws(ServiceError) in
            if index % 64 == 63 { progress() }
            if item.isChange {
                let change = try Change(item.request, body: item.body)
                let answer = try make(change, file: file, limits: limits)
                if !hasFound(change, answer) { isUnchanged = false }
                try answers.append(answer)
            } else {
                try answers.append(item.request, item.body, file.contents, limits)
            }
        }
        if isUnchanged { file.leaveUnchanged() }
        return answers.whole()
    }
}

/// The answers of a batch, as one JSON text.
struct BatchAnswers {
    /// The most bytes of all answers together.
    static let limit = 64 << 20

    private let isLines: Bool
    private var text: [UInt8] = []

    init(_ batch: NativeDialect.Batch) {
        isLines = if case .lines = batch.body { true } else { false }
    }

    /// Reads, and appends the answer, complete.
    mutating func append(
        _ request: WorkerRequest, _ content: RequestBody, _ file: borrowing ReadableFile,
        _ limits: NativeDialect.Limits
    ) throws(ServiceError) {
        var limits = limits
        limits.hasRegions = false
        var request = request
        var answer = try NativeDialect.answer(request, body: content, file: file, limits: limits)
        var body: [UInt8] = []
        while case .slab(let bytes, let next) = answer.body {
            body += bytes
            try check(body.count)
            request.cursor = next
            answer.body = try NativeDialect.answer(request, body: content, file: file, limits: limits).body
        }
        if case .complete(let bytes) = answer.body { body += bytes }
        answer.body = .complete(request.isHead ? [] : body)
        try append(answer)
    }

    mutating func append(_ answer: WorkerAnswer) throws(ServiceError) {
        var json = JSONWriter()
        json.object { json in
            json.key("status")
            json.integer(answer.head.status)
            json.key("headers")
            json.object { json in
                for field in answer.head.fields {
                    json.key(field.name.rawName)
                    json.string(field.value)
                }
            }
            json.key("body")
            Self.write(answer, to: &json)
        }
        try check(json.bytes.count)
        if !isLines { text.append(text.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ",")) }
        text += json.bytes
        if isLines { text.append(UInt8(ascii: "\n")) }
    }

    private static func write(_ answer: WorkerAnswer, to json: inout JSONWriter) {
        guard case .complete(let bytes) = answer.body, !bytes.isEmpty else { return json.null() }
        if answer.head.fields[.contentType] == "application/json" { return json.raw(utf8: bytes) }
        json.string(utf8: Base64.encode(bytes))
    }

    private func check(_ more: Int) throws(ServiceError) {
        guard text.count + more <= Self.limit else {
            throw ServiceError(.tooLarge, "the answers of the batch are longer than \(Self.limit >> 20) MiB together")
        }
    }

    consuming func whole() -> WorkerAnswer {
        if !isLines {
            if text.isEmpty { text.append(UInt8(ascii: "[")) }
            text.append(UInt8(ascii: "]"))
        }
        let type = isLines ? Representation.lines.mediaType : Representation.json.mediaType
        let head = ResponseHead(status: 200, fields: [.contentType: type])
        return WorkerAnswer(head: head, contentLength: text.count, body: .complete(text))
    }
}

extension BodyBytes {
    /// Calls `visit` with each line that is not empty, looking at some MiB at a time.
    /// - Throws: `too_large` for a line that is longer than `limit` bytes; what `visit` throws.
    func forEachLine(limit: Int, _ visit: (JSONSource) throws(ServiceError) -> Void) throws(ServiceError) {
        var place = 0
        var window = 4 << 20
        while place < count {
            let end = min(place + window, count)
            let taken = try withBytes(place..<end) { bytes throws(ServiceError) in
                try Self.visitLines(bytes, origin: place, isLast: end == count, visit)
            }
            if taken == 0 {
                guard window < limit else {
                    throw ServiceError(.tooLarge, "a line of the body is longer than \(limit >> 20) MiB")
                }
                window = min(window * 4, limit)
            }
            place += taken
        }
    }

    /// - Returns: How many bytes the whole lines have.
    private static func visitLines(
        _ bytes: UnsafeRawBufferPointer, origin: Int, isLast: Bool,
        _ visit: (JSONSource) throws(ServiceError) -> Void
    ) throws(ServiceError) -> Int {
        var place = 0
        while place < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[place...])
            let length = rest.firstIndex(of: UInt8(ascii: "\n"))
            guard let length = length ?? (isLast ? rest.count : nil) else { return place }
            let line = UnsafeRawBufferPointer(rebasing: rest[..<length])
            if line.contains(where: { $0 > 0x20 }) { try visit(JSONSource(text: line, origin: origin + place)) }
            place += min(length + 1, rest.count)
        }
        return place
    }
}
