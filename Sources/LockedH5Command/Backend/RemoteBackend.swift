import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import LockedH5Client
import Routes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Sends calls to a server; again where that is safe, as the client does.
final class RemoteBackend: Backend {
    private let access: ServerAccess
    /// The tags of the state in which files were first read.
    private var states: [[UInt8]: LockedH5Client.EntityTag] = [:]

    /// - Parameter wait: The longest wait for a lock, in seconds; nil leaves it to the server.
    init(server: URL, wait: Double?) throws(CommandError) {
        // Somebody looks on: where nobody answers, that is told after a second.
        access = try ServerAccess(server, wait: wait, retry: RetryPolicy(attempts: 4))
    }

    func find(_ address: Address) throws(CommandError) -> Found {
        guard case .served(let served) = address.place else {
            throw CommandError(.invalid, "\(address.text) is not the address of a server")
        }
        if let object = served.object {
            return Found(kind: .object, file: ServedPath(names: served.names).bytes, object: object)
        }
        // Most are whole files or directories; else the way is gone from its beginning.
        let lengths = [served.names.count] + Array(1..<max(served.names.count, 1))
        for length in lengths {
            guard let kind = try kind(served.names.prefix(length)) else { continue }
            let rest = served.names.dropFirst(length)
            if kind == "directory" {
                guard rest.isEmpty else { continue }
                return Found(kind: .directory, file: ServedPath(names: served.names).bytes, object: .root)
            }
            let isFile = rest.isEmpty && !address.endsWithSlash
            return Found(
                kind: isFile ? .file : .object, file: ServedPath(names: Array(served.names.prefix(length))).bytes,
                object: ObjectPath(names: Array(rest)))
        }
        throw CommandError(.notFound, "there is no such file or directory")
    }

    /// Whether a path is a file or a directory; nil for neither.
    private func kind(_ names: ArraySlice<HDF5Name>) throws(CommandError) -> String? {
        do throws(CommandError) {
            let path = ServedPath(names: Array(names))
            var target = names.isEmpty ? ResourceTarget(directory: path) : ResourceTarget("files", file: path)
            target.add("limit", "1")
            let entry = try document(.get, target, file: path.bytes)
            return entry["kind"]?.text
        } catch {
            switch error.code {
            case .notFound: return nil
            // A file it is, but not one of those that can be read.
            case .notHDF5, .damaged, .unsupported: return "file"
            default: throw error
            }
        }
    }

    // MARK: Calls

    /// What is sent for a call.
    private struct Exchange {
        var request: HTTPRequest
        var body: [UInt8]?
        var repetition: Repetition?
        var options: CallOptions
    }

    func send(
        _ call: Call, _ take: ([UInt8]) throws(CommandError) -> Void
    ) throws(CommandError) -> ResponseHead {
        let (client, exchange) = (access.client, exchange(call))
        let (head, pieces) = try answered {
            let (head, body) = try await client.open(
                exchange.request, body: exchange.body, repetition: exchange.repetition, exchange.options)
            return (head, PieceReader(body))
        }
        noteState(head, after: call)
        while let piece = try answered({ try await pieces.next() }) { try take(piece) }
        return ResponseHead(head)
    }

    func bytes(_ call: Call) throws(CommandError) -> (ResponseHead, [UInt8]) {
        let answer = try answer(exchange(call))
        noteState(answer.head, after: call)
        return (ResponseHead(answer.head), answer.body)
    }

    private func exchange(_ call: Call) -> Exchange {
        let file = ServedPath(bytes: call.file)
        var target = ResourceTarget(call.resource, file: file, object: call.object)
        for item in call.query.items { target.add(item.name, bytes: item.value) }
        var options = access.options(call.file)
        if call.isRead || call.isPinned { options.ifMatch = states[call.file] }
        var request = access.client.request(target, method: call.method, accept: call.accept, options)
        if call.createsOnly { request.headerFields[.ifNoneMatch] = "*" }
        request.headerFields[.contentType] = call.body?.form.contentType
        return Exchange(
            request: request, body: call.body?.bytes, repetition: call.isRead ? .reads : nil, options: options)
    }

    /// All that is read of a file later is to be of the state in which it was read first.
    private func noteState(_ head: HTTPResponse, after call: Call) {
        if !call.isRead {
            states[call.file] = nil
        } else if states[call.file] == nil, let field = head.headerFields[.eTag] {
            let tag = LockedH5Client.EntityTag(field: field)
            if !tag.isWeak { states[call.file] = tag }
        }
    }

    /// The whole answer.
    private func answer(_ exchange: Exchange) throws(CommandError) -> Answer {
        let client = access.client
        var options = exchange.options
        options.bodyLimit = documentLimit
        return try answered { [options] in
            try await client.send(
                exchange.request, body: exchange.body, repetition: exchange.repetition, options)
        }
    }

    /// What comes of `body`, for which this thread waits.
    private func answered<R: Sendable>(
        _ body: @escaping @Sendable () async throws -> R
    ) throws(CommandError) -> R {
        do {
            return try waitFor(body)
        } catch let error as HDF5ClientError {
            throw CommandError(error)
        } catch {
            var broken = CommandError(nil, "the answer broke off: \(error)")
            broken.isBrokenOff = true
            throw broken
        }
    }

    func beginAnew(_ file: [UInt8]) { states[file] = nil }

    func knowsState(_ file: [UInt8]) -> Bool { states[file] != nil }

    func isSameFile(_ first: Found, _ second: Found) -> Bool { first.file == second.file }

    func list(_ directory: [UInt8], after: [UInt8]?) throws(CommandError) -> JSONTree {
        var target = ResourceTarget(directory: ServedPath(bytes: directory))
        target.add("limit", "10000")
        if let after { target.add("after", bytes: after) }
        return try document(.get, target, file: directory)
    }

    private func document(
        _ method: HTTPRequest.Method, _ target: ResourceTarget, file: [UInt8], body: [UInt8]? = nil,
        createsOnly: Bool = false
    ) throws(CommandError) -> JSONTree {
        let options = access.options(file)
        var request = access.client.request(target, method: method, options)
        if createsOnly { request.headerFields[.ifNoneMatch] = "*" }
        if body != nil { request.headerFields[.contentType] = "application/json" }
        let answer = try answer(Exchange(request: request, body: body, options: options)).body
        return answer.isEmpty ? .null : try JSONTree(answer: answer)
    }

    // MARK: Files and directories

    @discardableResult
    func change(_ change: EntryChange) throws(CommandError) -> JSONTree? {
        switch change {
        case .makeDirectory(let path, let withParents):
            var target = ResourceTarget(directory: ServedPath(bytes: path))
            if withParents {
                target.add("parents", "true")
                target.add("require", "true")
            }
            return try document(.put, target, file: path)
        case .makeFile(let path):
            // Without the condition one that is there would be emptied.
            let target = ResourceTarget("files", file: ServedPath(bytes: path))
            return try document(.put, target, file: path, createsOnly: true)
        case .rename(let found, let path):
            return try document(.patch, Self.entry(found), file: found.file, body: try Self.body("path", path))
        case .remove(let found): return try document(.delete, Self.entry(found), file: found.file)
        case .copyFile(let found, let path):
            let target = ResourceTarget("copies", file: found.servedPath)
            return try document(.post, target, file: found.file, body: try Self.body("file", path))
        case .copyObject(let found, let target, let options):
            let copies = ResourceTarget("copies", file: found.servedPath)
            return try document(.post, copies, file: target.file, body: Self.body(copying: found, to: target, options))
        case .repack(let found):
            return try document(.post, ResourceTarget("repack", file: found.servedPath), file: found.file)
        }
    }

    private static func entry(_ found: Found) -> ResourceTarget {
        let path = found.servedPath
        return found.kind == .directory ? ResourceTarget(directory: path) : ResourceTarget("files", file: path)
    }

    /// - Throws: `unsupported` for what is not UTF-8, which only a URL can have.
    private static func body(_ key: String, _ path: [UInt8]) throws(CommandError) -> [UInt8] {
        guard String(validating: path, as: UTF8.self) != nil else {
            throw CommandError(.unsupported, "a server gives a file no new name that is not UTF-8: get and put do")
        }
        var json = JSONWriter()
        json.object { $0.member(key, name: path) }
        return json.bytes
    }

    private static func body(copying found: Found, to target: Found, _ options: [String]) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("source", name: found.object.bytes)
            json.member("file", name: target.file)
            json.member("path", name: target.object.bytes)
            for option in options {
                json.key(option)
                json.bool(true)
            }
        }
        return json.bytes
    }
}

extension Call {
    /// Nothing is changed; batches of commands only read.
    fileprivate var isRead: Bool { method == .get || resource == "batch" }
}

extension ResponseHead {
    fileprivate init(_ head: HTTPResponse) {
        self.init(status: head.status.code, fields: head.headerFields)
    }
}

extension ServedPath {
    /// The path that `bytes` spell.
    fileprivate init(bytes: [UInt8]) {
        self.init(names: ObjectPath(bytes: bytes).names)
    }
}

extension Found {
    fileprivate var servedPath: ServedPath { ServedPath(bytes: file) }
}

/// The pieces of an answer's body, one after another.
private actor PieceReader {
    private var pieces: any AsyncIteratorProtocol<[UInt8], any Error>

    init(_ body: ResponseBody) {
        pieces = body.pieces.makeAsyncIterator()
    }

    func next() async throws -> [UInt8]? {
        try await pieces.next(isolation: self)
    }
}
