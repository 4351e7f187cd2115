import H5Model
import HTTPMessage
import LockedH5
import Routes

extension NativeDialect {
    /// Refuses a request that is to create only (`If-None-Match: *`) where its target is there.
    /// - Throws: `precondition_failed`.
    static func refuseExisting(
        _ request: WorkerRequest, _ file: borrowing ReadableFile, _ limits: Limits
    ) throws(ServiceError) {
        if let name = request.query.first("name").map(HDF5Name.init(bytes:)) {
            guard try hasAttribute(name, of: request.object, file, limits) else { return }
            throw ServiceError(
                .preconditionFailed, "the attribute \"\(name)\" of \(request.object) is there already")
        }
        if try hasLink(at: request.object, file) {
            throw ServiceError(.preconditionFailed, "\(request.object) is there already")
        }
    }

    /// Refuses a request whose target has none of the contents that it asks for (`If-Match`).
    /// - Throws: `precondition_failed`.
    static func refuseOtherContent(
        _ request: WorkerRequest, _ file: borrowing ReadableFile, _ limits: Limits
    ) throws(ServiceError) {
        try reach(request, file)
        for tag in request.expected {
            guard let (form, isCompressed) = ContentTag.form(of: tag) else { continue }
            var asked = request
            asked.accept = form.mediaType
            asked.acceptsGzip = isCompressed
            if contentTag(asked, file, limits) == tag { return }
        }
        let file = String(decoding: request.file, as: UTF8.self)
        throw ServiceError(
            .preconditionFailed, "\(request.object) of \(file) is not what If-Match names any more")
    }

    /// Throws where the request's target lies in another file, whose contents are the ones to compare.
    static func reach(_ request: WorkerRequest, _ file: borrowing ReadableFile) throws(ServiceError) {
        let areOfLinks: [Operation] = [
            .createLink, .moveLink, .removeLink, .removeGroup, .removeDataset, .removeDatatype,
        ]
        do throws(ServiceError) {
            if !areOfLinks.contains(request.operation) {
                _ = try file.kind(at: request.object)
            } else if !request.object.isRoot {
                _ = try file.link(at: request.object)
            }
        } catch {
            if error.elsewhere != nil { throw error }
        }
    }

    /// The tag of what a request's target reads like now, for a client that asks for it as this one does; nil where it
    /// is too long, or cannot be read so.
    static func contentTag(
        _ request: WorkerRequest, _ file: borrowing ReadableFile, _ limits: Limits
    ) -> String? {
        guard var reading = Route.reading(request) else { return nil }
        // Of long values the head is enough, which has no tag.
        reading.isHead = true
        var limits = limits
        limits.hasRegions = false
        return (try? answer(reading, file: file, limits: limits))?.contentTag
    }

    /// Whether there is an object or a link, even one that leads nowhere.
    static func hasLink(at path: ObjectPath, _ file: borrowing ReadableFile) throws(ServiceError) -> Bool {
        if path.isRoot { return true }
        do throws(ServiceError) {
            _ = try file.link(at: path)
            return true
        } catch {
            if error.code == .notFound { return false }
            throw error
        }
    }

    /// The kind of the object at `path`; nil where there is neither object nor link.
    /// - Throws: `not_found` for a link that leads nowhere.
    static func existingKind(
        at path: ObjectPath, _ file: borrowing ReadableFile
    ) throws(ServiceError) -> ObjectKind? {
        try hasLink(at: path, file) ? try file.kind(at: path) : nil
    }

    static func hasAttribute(
        _ name: HDF5Name, of path: ObjectPath, _ file: borrowing ReadableFile, _ limits: Limits
    ) throws(ServiceError) -> Bool {
        do throws(ServiceError) {
            _ = try file.attribute(name, of: path, limit: limits.value)
            return true
        } catch {
            switch error.code {
            case .notFound:
                // The attribute, or else the object itself.
                _ = try file.kind(at: path)
                return false
            case .tooLarge: return true
            default: throw error
            }
        }
    }
}

extension Query {
    private enum Flag: String, CaseIterable {
        case `true`, `false`
    }

    /// A parameter that is true or false, and false where it is not given.
    /// - Throws: `invalid`.
    func flag(_ name: String) throws(ServiceError) -> Bool {
        try choice(name, Flag.self) == .true
    }

    /// The attribute's name, which must be given.
    /// - Throws: `invalid`.
    func attributeName() throws(ServiceError) -> HDF5Name {
        guard let bytes = first("name") else {
            throw ServiceError(.invalid, "the query needs the attribute's name, with name=")
        }
        if bytes.isEmpty { throw ServiceError(.invalid, "name= is empty, which no attribute's name is") }
        return HDF5Name(bytes: bytes)
    }
}
