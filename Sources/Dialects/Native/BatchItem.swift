import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import Routes

/// One request of a batch: what an ordinary request would be for its worker.
struct BatchItem {
    var request: WorkerRequest
    var body: RequestBody
    var isChange: Bool

    private static let router = Router(routes: NativeRoutes.table)
    private static let members = ["method", "target", "headers", "body"]

    /// - Parameters:
    ///   - text: The JSON object; lives as long as the item.
    ///   - batch: The batch's own request, whose file the item must be about.
    /// - Throws: `invalid`, `unsupported`, `unsupported_media`.
    init(_ text: JSONSource, of batch: WorkerRequest) throws(ServiceError) {
        let parts = try BodyMembers.read(text, known: Self.members) { members throws(ServiceError) in
            try Parts(members)
        }
        let target: RequestTarget
        do throws(TargetError) {
            target = try RequestTarget(parsing: parts.target)
        } catch {
            throw ServiceError(.invalid, error.message)
        }
        let route: Route
        let rest: [[UInt8]]
        switch Self.router.route(parts.method, target) {
        case .unknown: throw ServiceError(.notFound, "no such resource; /openapi.json describes those there are")
        case .otherMethods(let methods):
            let list = methods.map(\.rawValue).joined(separator: ", ")
            throw ServiceError(.invalid, "\(parts.method.rawValue) is not a method of this resource; it has \(list)")
        case .match(let match): (route, rest) = (match.route, match.rest)
        }
        guard route.subject == .object || route.operation == .getFile else {
            throw ServiceError(
                .unsupported, "\(route.operation.rawValue) is not done in a batch, which is about one file")
        }
        try route.check(target.query)
        if target.query.first("atomic") != nil {
            throw ServiceError(.invalid, "a batch is all or nothing, so that atomic= is no choice in it")
        }
        if parts.method != .put, parts.fields[.ifNoneMatch] != nil {
            throw ServiceError(.invalid, "If-None-Match in a batch is for a PUT that is to create only")
        }
        request = WorkerRequest(
            operation: route.operation, file: batch.file, fileSize: batch.fileSize, fileModified: batch.fileModified,
            object: try Self.object(rest, target.query, in: batch.file), query: target.query,
            accept: parts.fields[.accept], isHead: parts.method == .head)
        request.createsOnly = parts.method == .put && parts.fields[.ifNoneMatch]?.filter { $0 != " " } == "*"
        isChange = route.isWrite
        body = try parts.body(route.body)
    }

    /// The object that a target names, which must be in the batch's file.
    private static func object(
        _ names: [[UInt8]], _ query: Query, in file: [UInt8]
    ) throws(ServiceError) -> ObjectPath {
        let slash = UInt8(ascii: "/")
        let own = file.split(separator: slash).map(Array.init)
        var rest = names
        if let named = query.first("file") {
            guard rest.isEmpty, named.split(separator: slash).map(Array.init) == own else { throw otherFile(file) }
        } else {
            guard rest.starts(with: own) else { throw otherFile(file) }
            rest.removeFirst(own.count)
        }
        guard let path = query.first("path") else { return ObjectPath(names: rest.map(HDF5Name.init(bytes:))) }
        if rest.isEmpty { return ObjectPath(bytes: path) }
        throw ServiceError(.invalid, "the object is named twice: in the path and as \"path\" in the query")
    }

    private static func otherFile(_ file: [UInt8]) -> ServiceError {
        ServiceError(.invalid, "the target is not in \(String(decoding: file, as: UTF8.self)), the batch's file")
    }

    /// The members of the JSON object.
    private struct Parts {
        var method: HTTPRequest.Method
        var target: [UInt8]
        var fields: HTTPFields = [:]
        private var content: [UInt8]?

        init(_ members: BodyMembers) throws(ServiceError) {
            guard let name = try members.tree("method")?.text, let method = HTTPRequest.Method(name) else {
                throw ServiceError(.invalid, "the request has no \"method\": \"GET\", \"PUT\", ...")
            }
            guard case .string(let target)? = try members.tree("target") else {
                throw ServiceError(.invalid, "the request has no \"target\": \"/v1/values/FILE/PATH\"")
            }
            (self.method, self.target) = (method, target)
            if let headers = try members.tree("headers") { try add(headers) }
            content = members.isNull("body") ? Array("null".utf8) : members["body"].map { Array($0.text) }
        }

        private mutating func add(_ headers: JSONTree) throws(ServiceError) {
            guard case .object(let members) = headers else {
                throw ServiceError(.invalid, "\"headers\" is \(headers.summary), not an object of strings")
            }
            for member in members {
                let name = String(decoding: member.name, as: UTF8.self)
                guard let field = HTTPField.Name(name), let value = member.value.text else {
                    throw ServiceError(.invalid, "\"headers\" has \"\(name)\", which is no field with a string")
                }
                if [.lockToken, .prefer, .ifMatch, .ifModifiedSince].contains(field) {
                    throw ServiceError(
                        .invalid, "\(name) counts for the batch as a whole, and belongs to its own headers")
                }
                fields[field] = value
            }
        }

        /// The body by its media type.
        func body(_ rule: BodyRule?) throws(ServiceError) -> RequestBody {
            guard let content else { return .none }
            guard let rule else { throw ServiceError(.invalid, "\(method.rawValue) takes no \"body\" here") }
            let media = fields[.contentType]?.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
            switch media {
            case nil, Representation.json.mediaType: return .json(BodyBytes(content))
            case Representation.octetStream.mediaType where rule.takesOctets:
                return .octetStream(BodyBytes(try bytes(content)))
            case Representation.npy.mediaType where rule.takesArrays: return .npy(BodyBytes(try bytes(content)))
            default:
                throw ServiceError(.unsupportedMedia, "the body's media type is \"\(media ?? "")\", which is not taken")
            }
        }

        private func bytes(_ text: [UInt8]) throws(ServiceError) -> [UInt8] {
            let digits = text.withUnsafeBytes { text in
                var json = JSONReader(text)
                return try? json.string()
            }
            if let digits, let bytes = Base64.decode(digits) { return bytes }
            throw ServiceError(.invalid, "a body of bytes is a string of base64, and this is none")
        }
    }
}
