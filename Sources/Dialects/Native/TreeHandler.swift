import H5Model
import HTTPMessage
import HTTPTypes
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/tree/FILE/PATH
    static func getTree(
        _ request: WorkerRequest, _ file: borrowing ReadableFile,
        _ spool: (([UInt8]) throws(ServiceError) -> Void)?, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let depth = try request.query.integer("depth", in: 1...1_000_000)
        let type = try Representation.chosen(
            from: [.json, .lines], query: request.query, accept: request.accept)
        var tree = TreeBody(isArray: type == .json, limit: limits.tree, isGzipped: request.acceptsGzip)
        try file.walk(from: request.object, maximumDepth: depth) { path, object throws(ServiceError) in
            let below = ObjectPath(names: request.object.names + path.names)
            tree.append(path, object, href: Href.make(Href.resource(of: object.kind), file: request.file, path: below))
            if request.isHead { return false }
            try tree.flush(into: spool)
            return true
        }
        return try tree.answer(request, type, spool)
    }
}

/// The body of a visit: one object a line, kept in memory until it is too long for that.
private struct TreeBody {
    private let isArray: Bool
    private let limit: Int
    private var isEmpty = true
    private var text: [UInt8] = []
    private var gzip: GzipStream?
    private var spooled = 0

    init(isArray: Bool, limit: Int, isGzipped: Bool) {
        self.isArray = isArray
        self.limit = limit
        gzip = isGzipped ? GzipStream() : nil
    }

    mutating func append(_ path: ObjectPath, _ object: MemberObject, href: [UInt8]) {
        if isArray { text.append(contentsOf: (isEmpty ? "[\n" : ",\n").utf8) }
        isEmpty = false
        var json = JSONWriter()
        json.object { json in
            json.member("path", name: Array(path.bytes.dropFirst()))
            json.object(object)
            json.member("href", utf8: href)
        }
        text += json.bytes
        if !isArray { text.append(UInt8(ascii: "\n")) }
    }

    /// Empties the memory into the spool where it is full.
    mutating func flush(
        into spool: (([UInt8]) throws(ServiceError) -> Void)?, isLast: Bool = false
    ) throws(ServiceError) {
        guard let spool, isLast || text.count > limit else { return }
        let piece = try gzip?.compress(text, isLast: isLast) ?? text
        spooled += piece.count
        try spool(piece)
        text.removeAll(keepingCapacity: true)
    }

    mutating func answer(
        _ request: WorkerRequest, _ type: Representation, _ spool: (([UInt8]) throws(ServiceError) -> Void)?
    ) throws(ServiceError) -> WorkerAnswer {
        if isArray { text.append(contentsOf: (isEmpty ? "[]\n" : "\n]\n").utf8) }
        let fields: HTTPFields = [.vary: "Accept, Accept-Encoding"]
        if spooled == 0 { return try .json(request, fields: fields, type: type, text) }
        try flush(into: spool, isLast: true)
        var answer = try WorkerAnswer.json(request, fields: fields, type: type, [])
        if gzip != nil { answer.head.fields[.contentEncoding] = "gzip" }
        answer.contentLength = spooled
        answer.body = .spool(length: spooled)
        return answer
    }
}
