import CProcess
import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import WorkerMessage

extension Gate {
    /// What a routed request has to do; nil where it has been answered at once.
    func work(
        for exchange: Exchange, match: Router.Match, target: RequestTarget
    ) throws(ServiceError) -> (any RequestWork)? {
        let subject = Subject(match, target)
        let route = match.route
        let media = try exchange.media(route.body)
        switch route.operation {
        case .getHealth:
            exchange.answer(.json("{\"status\":\"ok\"}"))
            return nil
        case .getDescription:
            exchange.answer(.json(OpenAPIDocument.json))
            return nil
        case .getRaw:
            return RawWork(exchange: exchange, path: try subject.file(in: root))
        case .getFile:
            return try fileDescription(exchange, route, subject)
        case .getEvents:
            return try listening(exchange, subject)
        case .createFile:
            return try subject.namesDirectory ? directory(exchange, subject) : newFile(exchange, route, subject)
        case .renameEntry, .removeEntry:
            let change: EntryWork.Change = route.operation == .removeEntry ? .remove : .rename
            return EntryWork(exchange: exchange, found: try entry(subject), change: change)
        case .copyFile:
            let path = try subject.file(in: root)
            return CopyWork(
                exchange: exchange, path: path, route: route,
                request: request(exchange, route, path, .root, subject.query))
        case .repackFile:
            let path = try subject.file(in: root)
            try checkRoom()
            return RepackWork(
                exchange: exchange, path: path, request: request(exchange, route, path, .root, subject.query))
        case .getRepack:
            exchange.answer(
                try repackJobs.response(try subject.file(in: root), try subject.query.utf8("job")))
            return nil
        case .putRaw:
            return try rawUpload(exchange, route, subject)
        case .batch:
            guard let media else { return nil }
            let path = try subject.file(in: root)
            try checkRoom()
            let request = request(exchange, route, path, .root, subject.query)
            return BatchWork(exchange: exchange, path: path, route: route, request: request, media: media)
        case .getLocks, .acquireLease, .renewLease, .releaseLease:
            return try lease(exchange, route, subject)
        default:
            let (path, object) = try subject.object(in: root)
            let request = request(exchange, route, path, object, subject.query)
            try checkRoom()
            if !route.isWrite {
                return ReadWork(
                    exchange: exchange, path: path, route: route, request: request, media: media,
                    body: media.map(upload))
            }
            return WriteWork(
                exchange: exchange, path: path, route: route, request: request, media: media)
        }
    }

    func checkRoom() throws(ServiceError) {
        guard pool.waitingCount + locks.claimCount < settings.waitingRequests else {
            throw ServiceError(.unavailable, "\(settings.waitingRequests) requests are waiting already; try again")
        }
    }

    private func request(
        _ exchange: Exchange, _ route: Route, _ path: FilePath, _ object: ObjectPath, _ query: Query
    ) -> WorkerRequest {
        let gzip = Negotiation.accepts(coding: "gzip", acceptEncoding: exchange.fields[.acceptEncoding])
        var request = WorkerRequest(
            operation: route.operation, file: path.joinedBytes, object: object, query: query,
            accept: exchange.fields[.accept], acceptsGzip: gzip, isHead: exchange.method == .head)
        request.createsOnly = exchange.createsOnly
        return request
    }

    // GET /v1/files/FILE or /v1/files/DIR/
    private func fileDescription(
        _ exchange: Exchange, _ route: Route, _ subject: Subject
    ) throws(ServiceError) -> (any RequestWork)? {
        _ = try subject.query.limit()
        let found = try root.find(try subject.fileNames())
        if found.kind == .directory {
            exchange.answer(try DirectoryListing(root: root, path: found.path, query: subject.query).response())
            return nil
        }
        let path = try subject.file(in: root)
        try checkRoom()
        return ReadWork(
            exchange: exchange, path: path, route: route, request: request(exchange, route, path, .root, subject.query))
    }

    /// The file or directory that is all that is named.
    private func entry(_ subject: Subject) throws(ServiceError) -> ServedRoot.Found {
        let found = try root.find(try subject.fileNames())
        if found.path.isEmpty { throw ServiceError(.invalid, "the served directory itself cannot be changed") }
        if found.kind == .file, !found.rest.isEmpty || subject.namesDirectory {
            throw ServiceError(
                .notFound, "no directory \((found.path + found.rest).text): \(found.path.text) is a file")
        }
        return found
    }

    /// Where a new file or directory is to be made.
    private func place(_ subject: Subject) throws(ServiceError) -> Place {
        let parents = try subject.query.flag("parents")
        return try root.place(try subject.fileNames(), making: parents ? settings.rights : nil)
    }

    // PUT /v1/files/DIR/
    private func directory(_ exchange: Exchange, _ subject: Subject) throws(ServiceError) -> (any RequestWork)? {
        let place = try place(subject)
        try exchange.checkMatchOfNothing(place.path)
        let isThere = try place.status()
        if let isThere {
            guard isThere.st_mode & S_IFMT == S_IFDIR else {
                throw ServiceError(.wrongKind, "\(place.path.text) is not a directory")
            }
            if exchange.createsOnly { throw onlyCreates(place.path) }
            if try !subject.query.flag("require") { throw ServedRoot.error(EEXIST, place.path) }
        } else {
            try leases.checkFree(place.path, for: nil)
            try root.makeDirectory(place, settings.rights)
            events.namesChanged([place.path])
        }
        let entry = FileEntry(path: place.path, isDirectory: true, stamp: FileStamp(try root.status(place.path)))
        let response = entry.response(status: isThere == nil ? 201 : 200)
        if isThere == nil { answer(exchange, response, afterChanging: [place]) } else { exchange.answer(response) }
        return nil
    }

    /// Refuses an upload before it comes, where its condition can be seen to fail; it is checked again under the lock.
    private func checkEarly(_ exchange: Exchange, _ place: Place) throws(ServiceError) {
        guard let status = try place.status() else { return try exchange.checkMatchOfNothing(place.path) }
        if exchange.createsOnly { throw onlyCreates(place.path) }
        if status.st_mode & S_IFMT == S_IFREG { try exchange.checkMatch(FileStamp(status), place.path) }
    }

    func onlyCreates(_ path: FilePath) -> ServiceError {
        ServiceError(.preconditionFailed, "\(path.text) exists already, and If-None-Match: * allows only to create")
    }

    // PUT /v1/files/FILE
    private func newFile(
        _ exchange: Exchange, _ route: Route, _ subject: Subject, _ body: Upload? = nil
    ) throws(ServiceError) -> any RequestWork {
        let media = try exchange.media(route.body)
        let requires = try subject.query.flag("require")
        let place = try place(subject)
        let request = request(exchange, route, place.path, .root, subject.query)
        guard let status = try place.status() else {
            try exchange.checkMatchOfNothing(place.path)
            let lease = try leases.leaseToMake(place.path, try exchange.lease(), waits: true)
            let file = if let reserved = lease?.newFile { reserved } else { try NewFile(place, settings.rights) }
            return NewFileWork(exchange: exchange, file: file, request: request, media: media, body: body) {
                [unowned self] body throws(ServiceError) in
                try self.newFile(exchange, route, subject, body)
            }
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw ServiceError(
                .wrongKind, "\(place.path.text) is a directory; a new one is made with a slash at the end")
        }
        if exchange.createsOnly { throw onlyCreates(place.path) }
        if requires {
            let found = ServedRoot.Found(kind: .file, path: place.path, rest: [])
            return EntryWork(exchange: exchange, found: found, change: .require, upload: upload(of: .json))
        }
        return WriteWork(
            exchange: exchange, path: place.path, route: route, request: request, media: media, body: body)
    }

    // PUT /v1/raw/FILE
    private func rawUpload(
        _ exchange: Exchange, _ route: Route, _ subject: Subject
    ) throws(ServiceError) -> any RequestWork {
        if subject.namesDirectory { throw ServiceError(.invalid, "the name of a file does not end with a slash") }
        let place = try place(subject)
        try checkEarly(exchange, place)
        let request = request(exchange, route, place.path, .root, subject.query)
        return try RawUpload(exchange: exchange, place: place, request: request)
    }
}

extension Exchange {
    /// What the body is, by its media type (RFC 9110, 8.3); nil where the route takes none.
    ///
    /// curl's default type and none at all are taken for JSON, except where bytes are as likely.
    /// - Throws: `unsupported_media`.
    func media(_ rule: BodyRule?) throws(ServiceError) -> WorkerRequest.Content.Media? {
        guard let rule, rule != .file else { return nil }
        let name = fields[.contentType]?.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        switch name {
        case "application/json": return .json
        case Representation.octetStream.mediaType where rule.takesOctets: return .octetStream
        case Representation.npy.mediaType where rule.takesArrays: return .npy
        case "application/x-ndjson" where rule == .batch: return .lines
        case "application/x-www-form-urlencoded" where method != .post: return .json
        case nil where method != .post && rule != .values: return .json
        case nil where rule == .json && !hasBody: return .json
        default: break
        }
        let given = name.map { "\"\($0)\"" } ?? "missing"
        throw ServiceError(.unsupportedMedia, "the body's media type is \(given); it must be \(rule.mediaTypes)")
    }
}
