import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import LockedH5
import Routes

extension NativeDialect {
    // GET /v1/tree/FILE/PATH
    static func getTree(
        _ request: WorkerRequest, _ file: borrowing ReadableFile, _ spool: Spool?, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        let depth = try request.query.integer("depth", in: 1...1_000_000)
        let findsAliases = try request.query.flag("aliases")
        var tree = try TreeBody(request, limit: limits.tree)
        try file.walk(
            from: request.object, maximumDepth: depth, findsAliases: findsAliases
        ) { path, object, alias throws(ServiceError) in
            if request.isHead { return false }
            tree.append(path, object, alias)
            try tree.flush(into: spool)
            return true
        }
        var answer = try tree.answer(spool)
        // The length is known only when all has been visited.
        if request.isHead { answer.contentLength = nil }
        // And so is its content.
        answer.contentTag = nil
        return answer
    }
}

/// The body of a visit: one object a line, kept in memory until it is too long for that.
private struct TreeBody {
    private let request: WorkerRequest
    private let type: Representation
    private let href: Href
    private let limit: Int
    private var isEmpty = true
    private var text: [UInt8] = []
    private var gzip: GzipStream?
    private var spooled = 0

    /// - Throws: `invalid`, `not_acceptable`.
    init(_ request: WorkerRequest, limit: Int) throws(ServiceError) {
        self.request = request
        self.limit = limit
        type = try Representation.chosen(from: [.json, .lines], query: request.query, accept: request.accept)
        href = Href(file: request.file, path: request.object)
        gzip = request.acceptsGzip ? GzipStream() : nil
    }

    private var isArray: Bool { type == .json }

    /// - Parameter alias: Where the object stands already; nil for the first link to it.
    mutating func append(_ path: ObjectPath, _ object: MemberObject, _ alias: ObjectPath?) {
        if isArray { text.append(contentsOf: (isEmpty ? "[\n" : ",\n").utf8) }
        isEmpty = false
        var json = JSONWriter()
        swap(&json.bytes, &text)
        json.object { json in
            json.member("path", name: Array(path.bytes.dropFirst()))
            json.object(object)
            if let alias { json.member("sameAs", name: Array(alias.bytes.dropFirst())) }
            json.member("href", utf8: href.target(Href.resource(of: object.kind), of: path.names))
        }
        swap(&json.bytes, &text)
        if !isArray { text.append(UInt8(ascii: "\n")) }
    }

    /// Empties the memory into the spool where it is full.
    mutating func flush(into spool: NativeDialect.Spool?, isLast: Bool = false) throws(ServiceError) {
        guard let spool, isLast || text.count > limit else { return }
        let piece = try gzip?.compress(text, isLast: isLast) ?? text
        spooled += piece.count
        try spool(piece)
        text.removeAll(keepingCapacity: true)
    }

    mutating func answer(_ spool: NativeDialect.Spool?) throws(ServiceError) -> WorkerAnswer {
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
