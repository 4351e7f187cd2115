import H5Model
import HTTPMessage
import LockedH5
import Routes

/// What a request to make a group says.
struct GroupBody {
    var tracksCreationOrder: Bool
    /// Whether a group that is there already will do.
    var isRequired: Bool

    /// - Throws: `invalid`.
    init(_ request: WorkerRequest, _ body: RequestBody) throws(ServiceError) {
        isRequired = try request.query.flag("require")
        tracksCreationOrder = try BodyMembers.read(body, known: ["trackOrder"]) { members throws(ServiceError) in
            try members.flag("trackOrder") ?? false
        }
    }
}

extension NativeDialect {
    // PUT /v1/groups/FILE/PATH
    static func createGroup(
        _ request: WorkerRequest, _ body: GroupBody, _ file: borrowing WritableFile, _ limits: Limits
    ) throws(ServiceError) -> WorkerAnswer {
        if body.isRequired, let kind = try existingKind(at: request.object, file.contents) {
            guard kind == .group else { throw wrongKind(request.object, kind, .group) }
            return try getGroup(request, file.contents, limits)
        }
        try file.createGroup(at: request.object, tracksCreationOrder: body.tracksCreationOrder)
        return try getGroup(request, file.contents, limits).created(at: request, .groups)
    }

    static func wrongKind(_ path: ObjectPath, _ kind: ObjectKind, _ wanted: ObjectKind) -> ServiceError {
        ServiceError(.wrongKind, "\(path) is a \(kind.rawValue), not a \(wanted.rawValue)")
    }

    // DELETE /v1/groups/FILE/PATH, /v1/datasets/FILE/PATH, /v1/links/FILE/PATH
    static func remove(
        _ request: WorkerRequest, _ kind: ObjectKind?, _ file: borrowing WritableFile
    ) throws(ServiceError) -> WorkerAnswer {
        try file.unlink(request.object, kind: kind)
        return .empty
    }

    /// - Returns: The kind that the object must have; nil for any link.
    /// - Throws: `invalid` for the root group.
    static func removable(_ request: WorkerRequest, _ kind: ObjectKind?) throws(ServiceError) -> ObjectKind? {
        if request.object.isRoot { throw ServiceError(.invalid, "/ is the root group, which cannot be removed") }
        return kind
    }
}
