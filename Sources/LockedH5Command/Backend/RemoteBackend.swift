import Glibc
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

/// Sends calls to a server.
final class RemoteBackend: Backend {
    private let server: URL
    private let wait: Double?
    private let transport = AsyncHTTPClientTransport()
    /// The tags of the state in which files were first read.
    private var states: [[UInt8]: String] = [:]
    private let lease = LeaseInEnvironment()

    /// - Parameter wait: The longest wait for a lock, in seconds; nil leaves it to the server.
    init(server: URL, wait: Double?) {
        self.server = server
        self.wait = wait
    }

    func find(_ address: Address) throws(CommandError) -> Found {
        guard case .served(let served) = address.place else {
            throw CommandError(.invalid, "\(address.text) is not the address of a server")
        }
        if let object = served.object {
            return Found(kind: .object, file: Self.path(served.names), object: object)
        }
        // Most are whole files or directories; else the way is gone from its beginning.
        let lengths = [served.names.count] + Array(1..<max(served.names.count, 1))
        for length in lengths {
            guard let kind = try kind(served.names.prefix(length)) else { continue }
            let rest = served.names.dropFirst(length)
            if kind == "directory" {
                guard rest.isEmpty else { continue }
                return Found(kind: .directory, file: Self.path(served.names), object: .root)
            }
            let isFile = rest.isEmpty && !address.endsWithSlash
            return Found(
                kind: isFile ? .file : .object, file: Self.path(served.names.prefix(length)),
                object: ObjectPath(names: Array(rest)))
        }
        throw CommandError(.notFound, "there is no such file or directory")
    }

    private static func path(_ names: some Sequence<HDF5Name>) -> [UInt8] {
        Array(names.map(\.bytes).joined(separator: CollectionOfOne(UInt8(ascii: "/"))))
    }

    /// Whether a path is a file or a directory; nil for neither.
    private func kind(_ names: ArraySlice<HDF5Name>) throws(CommandError) -> String? {
        do throws(CommandError) {
            let path = ServedPath(names: Array(names))
            var target = names.isEmpty ? ResourceTarget(directory: path) : ResourceTarget("files", file: path)
            target.add("limit", "1")
            let entry = try document(.get, target, file: Self.path(names))
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

    func send(
        _ call: Call, _ take: ([UInt8]) throws(CommandError) -> Void
    ) throws(CommandError) -> ResponseHead {
        let file = ServedPath(bytes: call.file)
        var target = ResourceTarget(call.resource, file: file, object: call.object)
        for item in call.query.items { target.add(item.name, bytes: item.value) }
        var request = request(call.method, target, file: call.file)
        request.headerFields[.accept] = call.accept
        if call.createsOnly { request.headerFields[.ifNoneMatch] = "*" }
        request.headerFields[.contentType] = call.body?.form.contentType
        // Batches of commands only read.
        let isRead = call.method == .get || call.resource == "batch"
        if isRead { request.headerFields[.ifMatch] = states[call.file] }
        let head = try send(request, body: call.body?.bytes, take)
        if !isRead {
            states[call.file] = nil
        } else if states[call.file] == nil, let tag = head.fields[.eTag], !tag.hasPrefix("W/") {
            states[call.file] = tag
        }
        return head
    }

    func isSameFile(_ first: Found, _ second: Found) -> Bool { first.file == second.file }

    func list(_ directory: [UInt8], after: [UInt8]?) throws(CommandError) -> JSONTree {
        var target = ResourceTarget(directory: ServedPath(bytes: directory))
        target.add("limit", "10000")
        if let after { target.add("after", bytes: after) }
        return try document(.get, target, file: directory)
    }

    private func request(_ method: HTTPRequest.Method, _ target: ResourceTarget, file: [UInt8]) -> HTTPRequest {
        let parts = URLComponents(url: server, resolvingAgainstBaseURL: true)
        let authority = (parts?.percentEncodedHost ?? "") + (parts?.port.map { ":\($0)" } ?? "")
        var request = HTTPRequest(
            method: method, scheme: parts?.scheme, authority: authority,
            path: (parts?.percentEncodedPath ?? "") + target.text)
        request.headerFields[.accept] = "application/json"
        if let wait { request.headerFields[.prefer] = "wait=\(Int(wait.rounded(.up)))" }
        request.headerFields[.lockToken] = lease?.token(for: server, file)
        return request
    }

    private func document(
        _ method: HTTPRequest.Method, _ target: ResourceTarget, file: [UInt8], body: [UInt8]? = nil,
        createsOnly: Bool = false
    ) throws(CommandError) -> JSONTree {
        var request = request(method, target, file: file)
        if createsOnly { request.headerFields[.ifNoneMatch] = "*" }
        if body != nil { request.headerFields[.contentType] = "application/json" }
        var answer: [UInt8] = []
        _ = try send(request, body: body) { piece throws(CommandError) in answer += piece }
        return answer.isEmpty ? .null : try JSONTree(answer: answer)
    }

    /// Sends a request and passes the pieces of its answer on; this thread waits meanwhile.
    private func send(
        _ request: HTTPRequest, body: [UInt8]?, _ take: ([UInt8]) throws(CommandError) -> Void
    ) throws(CommandError) -> ResponseHead {
        let head: HTTPResponse
        let pieces: PieceReader
        do {
            let transport = transport
            (head, pieces) = try waitFor {
                let (head, body) = try await transport.send(request, body: body)
                return (head, PieceReader(body))
            }
        } catch {
            throw CommandError(nil, "no answer from \(server): \(Self.reason(error))")
        }
        if head.status.kind == .successful {
            while let piece = try next(pieces) { try take(piece) }
            return ResponseHead(status: head.status.code, fields: head.headerFields)
        }
        var text: [UInt8] = []
        while text.count < 64 << 10, let piece = try next(pieces) { text += piece }
        throw CommandError(HDF5ClientError.Refusal(head, body: text))
    }

    private func next(_ pieces: PieceReader) throws(CommandError) -> [UInt8]? {
        do {
            return try waitFor { try await pieces.next() }
        } catch {
            throw CommandError(nil, "the answer of \(server) broke off: \(Self.reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String { "\(error)" }

    @discardableResult
    func change(_ change: EntryChange) throws(CommandError) -> JSONTree? {
        switch change {
        case .makeDirectory(let path, let withParents):
            var target = ResourceTarget(directory: ServedPath(path))
            if withParents {
                target.add("parents", "true")
                target.add("require", "true")
            }
            return try document(.put, target, file: Array(path.utf8))
        case .makeFile(let path):
            // Without the condition one that is there would be emptied.
            let target = ResourceTarget("files", file: ServedPath(path))
            return try document(.put, target, file: Array(path.utf8), createsOnly: true)
        case .rename(let found, let path):
            return try document(.patch, Self.entry(found), file: found.file, body: Self.body("path", path))
        case .remove(let found): return try document(.delete, Self.entry(found), file: found.file)
        case .copyFile(let found, let path):
            let target = ResourceTarget("copies", file: found.servedPath)
            return try document(.post, target, file: found.file, body: Self.body("file", path))
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

    private static func body(_ key: String, _ path: [UInt8]) -> [UInt8] {
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

extension CommandError {
    init(_ refusal: HDF5ClientError.Refusal) {
        self.init(refusal.code, refusal.message)
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

/// The lease under which `lockedh5 lock URL` has started this program.
struct LeaseInEnvironment {
    private let server: String
    private let file: [HDF5Name]
    private let token: String

    init?() {
        guard let server = Self.variable("LOCKEDH5_URL"), let file = Self.variable("LOCKEDH5_FILE"),
            let token = Self.variable("LOCKEDH5_TOKEN")
        else { return nil }
        (self.server, self.file, self.token) = (server, ObjectPath(file).names, token)
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The token for a request about a file; nil where the lease is of another one.
    func token(for server: URL, _ file: [UInt8]) -> String? {
        "\(server)" == self.server && ObjectPath(bytes: file).names == self.file ? token : nil
    }
}
