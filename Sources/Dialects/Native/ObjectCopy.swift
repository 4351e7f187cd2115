import H5Model
import HTTPMessage
import LockedH5
import Routes

/// What a request to copy an object says.
struct CopyBody {
    var source: ObjectPath
    var options = CopyOptions()

    private static let known = [
        "source", "sourceBase64", "file", "fileBase64", "path", "pathBase64", "shallow", "expandSoft", "expandExternal",
        "expandReferences", "withoutAttributes",
    ]

    /// - Throws: `invalid`.
    init(_ request: WorkerRequest, _ body: RequestBody) throws(ServiceError) {
        try request.object.checkNewLink()
        self = try BodyMembers.read(body, known: Self.known) { members throws(ServiceError) in
            var copy = CopyBody(source: ObjectPath(bytes: try members.bytes("source") ?? []))
            copy.options.isShallow = try members.flag("shallow") ?? false
            copy.options.expandsSoftLinks = try members.flag("expandSoft") ?? false
            copy.options.expandsExternalLinks = try members.flag("expandExternal") ?? false
            copy.options.expandsReferences = try members.flag("expandReferences") ?? false
            copy.options.leavesAttributes = try members.flag("withoutAttributes") ?? false
            return copy
        }
    }

    private init(source: ObjectPath) {
        self.source = source
    }
}

extension NativeDialect {
    // POST /v1/copies/FILE with "source" or "path"
    static func copyObject(
        _ request: WorkerRequest, _ body: CopyBody, _ file: borrowing WritableFile
    ) throws(ServiceError) -> WorkerAnswer {
        try file.copy(body.source, ofFile: request.source, to: request.object, body.options)
        return try getLink(request, file.contents).created(at: request, .links)
    }
}
