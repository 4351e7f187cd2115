import Dialects
import FileLock
import Gate
import Glibc
import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import LockedH5
import Routes

/// Answers calls about files of this machine as a worker does, each under the file's lock.
final class LocalBackend: Backend {
    private let locks: LocalLocks
    /// The state in which files were first read.
    private var states: [[UInt8]: FileStamp] = [:]

    /// - Parameter wait: The longest wait for a lock, in seconds; 0 tries once.
    init(wait: Double) {
        locks = LocalLocks(wait: wait)
    }

    func find(_ address: Address) throws(CommandError) -> Found {
        let path = Array(address.text.utf8)
        let slash = UInt8(ascii: "/")
        let ends = path.indices.filter { $0 > 0 && path[$0] == slash && path[$0 - 1] != slash } + [path.count]
        for end in ends {
            let start = Array(path[..<end])
            switch try Self.kind(start) {
            case S_IFDIR: continue
            case S_IFREG where end == path.count: return Found(kind: .file, file: start, object: .root)
            case S_IFREG: return Found(kind: .object, file: start, object: ObjectPath(bytes: Array(path[end...])))
            default:
                throw CommandError(.wrongKind, "\(Self.text(start)) is neither a regular file nor a directory")
            }
        }
        return Found(kind: .directory, file: path, object: .root)
    }

    private static func kind(_ path: [UInt8]) throws(CommandError) -> mode_t {
        var status = stat()
        if stat(text(path), &status) == 0 { return status.st_mode & S_IFMT }
        let code = ErrorCode(ofFile: errno)
        let reason = code == .notFound ? "there is no such file or directory" : String(cString: strerror(errno))
        throw CommandError(code, "\(text(path)): \(reason)")
    }

    func isSameFile(_ first: Found, _ second: Found) throws(CommandError) -> Bool {
        try serving { () throws(ServiceError) in
            try LocalEntries.realPath(first.fileText) == LocalEntries.realPath(second.fileText)
        }
    }

    static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }

    func list(_ directory: [UInt8], after: [UInt8]?) throws(CommandError) -> JSONTree {
        var query = Query(items: [Query.Item(name: "limit", value: Array("10000".utf8))])
        if let after { query.items.append(Query.Item(name: "after", value: after)) }
        let body: [UInt8]
        do throws(ServiceError) {
            body = try LocalDirectory.listing(Self.text(directory), query)
        } catch {
            throw CommandError(error)
        }
        return try JSONTree(answer: body)
    }

    func send(
        _ call: Call, _ take: ([UInt8]) throws(CommandError) -> Void
    ) throws(CommandError) -> ResponseHead {
        var (request, body, isChange) = try serving { () throws(ServiceError) in try self.request(call) }
        if isChange {
            let answer = try serving { () throws(ServiceError) in try write(request, body, call.isPinned) }
            if case .complete(let bytes) = answer.body { try take(bytes) }
            return answer.head
        }
        var head: ResponseHead?
        while true {
            let answer = try serving { () throws(ServiceError) in try read(request, body) }
            head = head ?? answer.head
            switch answer.body {
            case .complete(let bytes):
                try take(bytes)
                return head ?? answer.head
            case .slab(let bytes, let next):
                // Nobody's lock waits for whoever takes the bytes.
                try take(bytes)
                request.cursor = next
            case .fileRegion, .spool:
                throw CommandError(.internal, "an answer's body has a form that was not asked for")
            }
        }
    }

    private func serving<R>(_ body: () throws(ServiceError) -> R) throws(CommandError) -> R {
        do {
            return try body()
        } catch {
            throw CommandError(error)
        }
    }

    private func request(_ call: Call) throws(ServiceError) -> (WorkerRequest, RequestBody, isChange: Bool) {
        let prefix = "/v1/\(call.resource)"
        let route = NativeRoutes.table.first { $0.prefix == prefix && $0.method == call.method }
        guard let route else { throw ServiceError(.internal, "\(call.method.rawValue) \(prefix) is no route") }
        try route.check(call.query)
        var request = WorkerRequest(
            operation: route.operation, file: call.file, object: call.object ?? .root, query: call.query,
            accept: call.accept)
        request.createsOnly = call.createsOnly
        let body: RequestBody =
            switch call.body {
            case nil: .none
            case let body? where body.form == .json: .json(BodyBytes(body.bytes))
            case let body? where body.form == .npy: .npy(BodyBytes(body.bytes))
            case let body?: .octetStream(BodyBytes(body.bytes))
            }
        guard route.operation == .batch else { return (request, body, route.isWrite) }
        return (request, body, try NativeDialect.Batch(request, body: body).lockMode() == .exclusive)
    }

    private func read(_ request: WorkerRequest, _ body: RequestBody) throws(ServiceError) -> WorkerAnswer {
        let path = Self.text(request.file)
        var limits = NativeDialect.Limits()
        limits.hasRegions = false
        return try locks.read(path) { file throws(ServiceError) in
            var request = request
            let status = try status(of: request.file)
            try checkUnchanged(request.file, FileStamp(status))
            request.fileSize = status.st_size
            request.fileModified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
            if request.operation == .batch {
                let batch = NativeDialect.Batch(request, body: body)
                return try NativeDialect.answer(batch, file: file, limits: limits)
            }
            return try NativeDialect.answer(request, body: body, file: file, limits: limits)
        }
    }

    /// The status of a file that is locked, when a later change will show in it; a file whose times lie ahead of the clock is
    /// not waited for longer than the coarsest of clocks needs.
    private func status(of file: [UInt8]) throws(ServiceError) -> stat {
        let path = Self.text(file)
        let end = WallClock.now + 1_100_000_000
        while true {
            var status = stat()
            guard stat(path, &status) == 0 else {
                throw ServiceError(
                    ErrorCode(ofFile: errno), "\(path) cannot be looked at: \(String(cString: strerror(errno)))")
            }
            if states[file] != nil || !FileStamp(status).isYoung() || WallClock.now > end { return status }
            usleep(2_000)
        }
    }

    /// - Throws: `precondition_failed` where the file is not as it was when it was first read.
    private func checkUnchanged(_ file: [UInt8], _ stamp: FileStamp) throws(ServiceError) {
        if let state = states[file], state != stamp {
            throw ServiceError(.preconditionFailed, "\(Self.text(file)) was changed while it was read")
        }
        states[file] = stamp
    }

    /// As many external links may be on the way.
    private static let mostLinks = 16

    /// Writes the file to which the path leads, also behind external links.
    private func write(
        _ request: WorkerRequest, _ body: RequestBody, _ isPinned: Bool
    ) throws(ServiceError) -> WorkerAnswer {
        var request = request
        while true {
            do throws(ServiceError) {
                return try writeOneFile(request, body, isPinned)
            } catch {
                guard let elsewhere = error.elsewhere, request.way.count < Self.mostLinks else { throw error }
                request = try request.goingOn(elsewhere)
            }
        }
    }

    private func writeOneFile(
        _ request: WorkerRequest, _ body: RequestBody, _ isPinned: Bool
    ) throws(ServiceError) -> WorkerAnswer {
        defer { states[request.file] = nil }
        if request.operation == .batch {
            let batch = NativeDialect.Batch(request, body: body)
            return try writeFile(request.file, isPinned) { file throws(ServiceError) in
                try NativeDialect.answer(batch, file: file, limits: NativeDialect.Limits())
            }
        }
        let change = try NativeDialect.Change(request, body: body)
        return try writeFile(request.file, isPinned) { file throws(ServiceError) in
            try NativeDialect.answer(change, file: file)
        }
    }

    private func writeFile(
        _ file: [UInt8], _ isPinned: Bool,
        _ body: (borrowing WritableFile) throws(ServiceError) -> WorkerAnswer
    ) throws(ServiceError) -> WorkerAnswer {
        let path = Self.text(file)
        return try locks.write(path) { open throws(ServiceError) in
            if isPinned, states[file] != nil { try checkUnchanged(file, FileStamp(try status(of: file))) }
            return try body(open)
        }
    }

    func beginAnew(_ file: [UInt8]) { states[file] = nil }

    func knowsState(_ file: [UInt8]) -> Bool { states[file] != nil }
}

extension LocalBackend {
    @discardableResult
    func change(_ change: EntryChange) throws(CommandError) -> JSONTree? {
        do throws(ServiceError) {
            switch change {
            case .makeDirectory(let path, let withParents):
                try LocalEntries.makeDirectory(Self.text(path), withParents: withParents)
            case .makeFile(let path):
                try LockedFile.write(
                    Self.text(path), mode: .create, attempts: locks.attempts, wait: locks.wait
                ) { _ throws(ServiceError) in }
            case .rename(let found, let path):
                try locked(found) { () throws(ServiceError) in
                    try LocalEntries.rename(found.fileText, to: Self.text(path))
                }
            case .remove(let found):
                try locked(found) { () throws(ServiceError) in
                    try LocalEntries.remove(found.fileText, isDirectory: found.kind == .directory)
                }
            case .copyFile(let found, let path):
                try LocalEntries.copyFile(found.fileText, to: Self.text(path), locks)
            case .copyObject(let found, let target, let options): return try copy(found, to: target, options)
            case .repack(let found):
                let report = try locks.repack(found.fileText)
                return .object([
                    .init(name: Array("before".utf8), value: .number(.integer(Int64(report.before)))),
                    .init(name: Array("after".utf8), value: .number(.integer(Int64(report.after)))),
                ])
            }
            return nil
        } catch {
            throw CommandError(error)
        }
    }

    /// Does something with a file's name while nobody has the file open; a directory has no lock.
    private func locked(_ found: Found, _ body: () throws(ServiceError) -> Void) throws(ServiceError) {
        if found.kind == .directory { return try body() }
        try locks.hold(found.fileText, .exclusive) { _ throws(ServiceError) in try body() }
    }

    private func copy(_ found: Found, to target: Found, _ options: [String]) throws(ServiceError) -> JSONTree {
        let source = try LocalEntries.realPath(found.fileText)
        let root = LocalEntries.commonDirectory(source, try LocalEntries.realPath(target.fileText))
        var request = WorkerRequest(operation: .copyObject, file: target.file, object: target.object, query: Query())
        request.source = Array(source.utf8)
        var json = JSONWriter()
        json.object { json in
            json.member("source", name: found.object.bytes)
            for option in options {
                json.key(option)
                json.bool(true)
            }
        }
        let change = try NativeDialect.Change(request, body: .json(BodyBytes(json.bytes)))
        let answer = try locks.write(target.fileText, root: root) {
            file throws(ServiceError) in try NativeDialect.answer(change, file: file)
        }
        guard case .complete(let bytes) = answer.body else { return .null }
        return (try? JSONTree(answer: bytes)) ?? .null
    }
}

extension WorkerRequest {
    /// The request about the file to which an external link leads, which lies below the directory of this one.
    fileprivate func goingOn(_ elsewhere: Elsewhere) throws(ServiceError) -> WorkerRequest {
        let slash = UInt8(ascii: "/")
        let own = try LocalEntries.realPath(LocalBackend.text(file))
        let directory = ServedNames.names(in: own.utf8).dropLast()
        let isAbsolute = elsewhere.file.first == slash
        let name = isAbsolute ? elsewhere.file : directory.flatMap { [slash] + $0 } + [slash] + elsewhere.file
        guard let below = ServedNames(directories: [Array(directory)]).names(of: name) else {
            throw ServiceError(
                .forbidden, "\(elsewhere.fileTitle), which another file names, lies outside the directory of that one")
        }
        var request = self
        request.file = (directory + below).flatMap { [slash] + $0 }
        request.object = elsewhere.path
        request.way.append(elsewhere)
        return request
    }
}
