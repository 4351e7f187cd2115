import H5Model
import HTTPMessage
import LockedH5
import Routes

extension LinkTarget {
    private enum LinkClass: String, CaseIterable {
        case hard, soft, external
    }

    private static let known = ["link", "target", "targetBase64", "targetFile", "targetFileBase64"]
    /// What the description of a link tells besides.
    private static let ignored = [
        "name", "nameBase64", "file", "fileBase64", "path", "pathBase64", "kind", "datatype",
        "linkClass", "href",
    ]

    /// - Throws: `invalid`.
    init(_ body: RequestBody) throws(ServiceError) {
        self = try BodyMembers.read(body, known: Self.known, ignored: Self.ignored) { members throws(ServiceError) in
            try LinkTarget(members)
        }
        try check()
    }

    private init(_ members: BodyMembers) throws(ServiceError) {
        let name = try members.required("link", try members.tree("link"))
        let target = try members.required("target", try members.bytes("target"))
        let file = try members.bytes("targetFile")
        guard let linkClass = name.text.flatMap(LinkClass.init(rawValue:)) else {
            throw members.refused("link", name, "one of \"hard\", \"soft\", \"external\"")
        }
        if linkClass != .external, file != nil {
            throw ServiceError(.invalid, "a \(linkClass.rawValue) link stays in its file and has no \"targetFile\"")
        }
        switch linkClass {
        case .hard: self = .hard(ObjectPath(bytes: target))
        case .soft: self = .soft(target)
        case .external: self = .external(file: try members.required("targetFile", file), target: target)
        }
    }
}

extension NativeDialect {
    // PUT /v1/links/FILE/PATH
    static func createLink(
        _ request: WorkerRequest, _ target: LinkTarget, _ file: borrowing WritableFile
    ) throws(ServiceError) -> WorkerAnswer {
        var target = target
        if case .hard(let path) = target { target = .hard(try request.pathHere(path)) }
        try file.createLink(at: request.object, target)
        return try getLink(request, file.contents).created(at: request, .links)
    }

    // PATCH /v1/links/FILE/PATH
    static func moveLink(
        _ request: WorkerRequest, _ path: ObjectPath, _ file: borrowing WritableFile
    ) throws(ServiceError) -> WorkerAnswer {
        let path = try request.pathHere(path)
        try file.move(request.object, to: path)
        var moved = request
        moved.object = path
        return try getLink(moved, file.contents)
    }

    /// Where a link is to go.
    /// - Throws: `invalid`.
    static func newPath(_ request: WorkerRequest, _ body: RequestBody) throws(ServiceError) -> ObjectPath {
        if request.object.isRoot { throw ServiceError(.invalid, "/ is the root group, which cannot be moved") }
        let bytes = try BodyMembers.read(body, known: ["path", "pathBase64"]) { members throws(ServiceError) in
            try members.required("path", try members.bytes("path"))
        }
        let path = ObjectPath(bytes: bytes)
        if path.isRoot { throw ServiceError(.invalid, "\"path\" is the root group, whose place nothing can take") }
        try path.checkNewLink()
        return path
    }
}
