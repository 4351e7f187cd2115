public import H5Model
public import HTTPMessage
import HTTPTypes

/// A request as a worker gets it: routed, its file found, locked and open.
public struct WorkerRequest: Equatable, Sendable {
    public var operation: Operation
    /// The file's path under the root, without a leading slash: for messages and hrefs, never opened.
    public var file: [UInt8]
    /// The file's size in bytes, under the lock.
    public var fileSize: Int
    /// The file's time of modification in nanoseconds since 1970, under the lock.
    public var fileModified: Int
    public var object: ObjectPath
    public var query: Query
    /// The `Accept` field.
    public var accept: String?
    /// Whether the client takes gzip (`Accept-Encoding`).
    public var acceptsGzip: Bool
    /// The client wants the head only.
    public var isHead: Bool
    /// The worker itself reads a body that is a run of the file's own bytes: they are not in the page cache, and the
    /// gate does not wait for disks.
    public var readsRegions = false
    /// The file may stay open in libhdf5, without a descriptor and so without its lock, for the next request to it: its
    /// file system is one of this machine, whose time stamps tell of every change.
    public var mayStayOpen = false
    /// The target must not be there yet (`If-None-Match: *`).
    public var createsOnly = false
    /// The lock of a batch is shared: all of it reads.
    public var hasSharedLock = false
    /// The content tags of which the target must have one before it is changed (`If-Match`); none asks for nothing.
    public var expected: [String] = []
    /// The external links by which the request has come to this file, the first one first.
    public var way: [Elsewhere] = []
    /// The file from which an object is copied: its path under the root, with a leading slash.
    public var source: [UInt8] = []
    /// The request's body; nil where it has none.
    public var content: Content?
    /// The last descriptor is of an empty file that takes what a transaction cannot keep in memory.
    public var hasSpill = false
    /// Where the answer's next slab begins: what the worker said with the slab before; nil for the first.
    public var cursor: [UInt8]?

    public init(
        operation: Operation, file: [UInt8], fileSize: Int = 0, fileModified: Int = 0, object: ObjectPath,
        query: Query = Query(), accept: String? = nil, acceptsGzip: Bool = false, isHead: Bool = false,
        cursor: [UInt8]? = nil
    ) {
        self.operation = operation
        self.file = file
        self.fileSize = fileSize
        self.fileModified = fileModified
        self.object = object
        self.query = query
        self.accept = accept
        self.acceptsGzip = acceptsGzip
        self.isHead = isHead
        self.cursor = cursor
    }
}

extension WorkerRequest {
    /// A path in the request's body, which means the file that the client has named, as a path in this file.
    /// - Throws: `unsupported` where it does not take the way of the request.
    public func pathHere(_ path: ObjectPath) throws(ServiceError) -> ObjectPath {
        var path = path
        for step in way {
            guard path.names.starts(with: step.link.names) else {
                throw ServiceError(
                    .unsupported,
                    "\(path) is not in \(String(decoding: file, as: UTF8.self)), into which the external link \(step.link) "
                        + "leads: one request changes one file")
            }
            path.names.replaceSubrange(..<step.link.names.count, with: step.target.names)
        }
        return path
    }
}

extension WorkerRequest {
    /// A request's body on its way to a worker.
    public struct Content: Equatable, Sendable {
        public enum Media: UInt8, Sendable { case json, octetStream, lines, npy }

        public var media: Media
        /// A short body; nil where the message's second descriptor is of a file that holds it.
        public var bytes: [UInt8]?
        public var length: Int

        public init(media: Media, bytes: [UInt8]?, length: Int) {
            self.media = media
            self.bytes = bytes
            self.length = length
        }
    }
}

/// A worker's answer to one request or to the request for one further slab.
public struct WorkerAnswer: Equatable, Sendable {
    public enum Body: Equatable, Sendable {
        /// All of the body, or the last slab of it.
        case complete([UInt8])
        /// A slab of the body, and the cursor with which the next one is asked for.
        case slab([UInt8], next: [UInt8])
        /// The body is this run of the file's own bytes.
        case fileRegion(offset: Int, length: Int)
        /// The body was written to the spool; its length in bytes.
        case spool(length: Int)
    }

    /// Status and fields; meaningful in the answer to the first slab.
    public var head: ResponseHead
    /// The whole body's length in bytes where it is known; it is all that a HEAD request is told of the body.
    public var contentLength: Int?
    public var body: Body
    /// The content's tag: of the body, or of what the target reads like after a change; nil where it is too long.
    public var contentTag: String?

    public init(head: ResponseHead, contentLength: Int? = nil, body: Body) {
        self.head = head
        self.contentLength = contentLength
        self.body = body
    }
}

extension WorkerAnswer {
    /// An error as the native dialect tells it.
    public static func failure(_ error: ServiceError, requestID: String) -> WorkerAnswer {
        var json = JSONWriter()
        json.object { json in
            json.key("code")
            json.string(error.code.rawValue)
            json.key("message")
            json.string(error.message)
            json.key("request")
            json.string(requestID)
            if let index = error.index {
                json.key("index")
                json.integer(index)
            }
        }
        let head = ResponseHead(status: error.code.nativeStatus, fields: [.contentType: "application/json"])
        return WorkerAnswer(head: head, body: .complete(json.bytes))
    }
}
