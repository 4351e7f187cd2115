import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import Routes

extension WorkerAnswer {
    /// Shorter bodies are not worth compressing.
    static let leastGzipped = 1024

    /// A complete body of JSON or of other text, compressed where the client takes that and it pays.
    static func json(
        _ request: WorkerRequest, fields: HTTPFields = [:], type: Representation = .json, _ body: [UInt8]
    ) throws(ServiceError) -> WorkerAnswer {
        var fields = fields
        fields[.contentType] = type.contentType
        fields[.vary] = fields[.vary] ?? "Accept-Encoding"
        var body = body
        if request.acceptsGzip && body.count > leastGzipped {
            fields[.contentEncoding] = "gzip"
            var stream = GzipStream()
            body = try stream.compress(body, isLast: true)
        }
        let head = ResponseHead(status: 200, fields: fields)
        var answer = WorkerAnswer(head: head, contentLength: body.count, body: .complete(body))
        answer.contentTag = ContentTag.make(head, body)
        return answer
    }

    /// A complete JSON object.
    static func object(
        _ request: WorkerRequest, fields: HTTPFields = [:],
        _ write: (inout JSONWriter) throws(ServiceError) -> Void
    ) throws(ServiceError) -> WorkerAnswer {
        var json = JSONWriter()
        json.bytes.reserveCapacity(leastGzipped)
        try json.object(write)
        return try .json(request, fields: fields, json.bytes)
    }

    /// The answer to a change that leaves nothing to tell.
    static let empty = WorkerAnswer(head: ResponseHead(status: 204), body: .complete([]))

    /// The answer with the place of what the request has made.
    func created(at request: WorkerRequest, _ resource: Href.Resource) -> WorkerAnswer {
        var target = Href(file: request.file, path: request.object).target(resource)
        if resource == .attributes, let name = request.query.first("name") {
            target = Href.appending("name", name, to: target)
        }
        var answer = self
        answer.head.status = 201
        answer.head.fields[.location] = String(decoding: target, as: UTF8.self)
        return answer
    }
}

extension JSONWriter {
    /// The members with which every description of an object begins.
    mutating func subject(_ request: WorkerRequest, kind: ObjectKind) {
        member("file", name: request.file)
        member("path", name: request.object.bytes)
        member("kind", kind.rawValue)
    }

    /// A member `hrefs` with the targets of an object's resources.
    mutating func hrefs(_ request: WorkerRequest, _ resources: [Href.Resource]) {
        let href = Href(file: request.file, path: request.object)
        key("hrefs")
        object { json in
            for resource in resources {
                json.member(resource.rawValue, utf8: href.target(resource))
            }
        }
    }
}
