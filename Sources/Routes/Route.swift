public import H5Model
public import HTTPTypes

/// One row of a dialect's route table: what the gate must know to find the file, lock it and pass the request on.
public struct Route: Equatable, Sendable {
    /// What the resource's path names after its prefix.
    public enum Subject: Sendable {
        /// Nothing: the server itself.
        case server
        /// A directory or a file under the root.
        case entry
        /// A file under the root.
        case file
        /// An object in a file under the root.
        case object
    }

    /// The operation's name, as in the OpenAPI document's `operationId`.
    public var operation: Operation
    public var method: HTTPRequest.Method
    /// The path before the subject, without a trailing slash.
    public var prefix: String
    public var subject: Subject
    /// The lock under which the operation runs; nil where it opens no file.
    public var lock: LockMode?
    /// The query parameters that it takes besides `file` and `path`.
    public var parameters: [String]
    /// Whether the answer is completed into a spool under one lock.
    public var isSpooled: Bool
    /// What the request's body may be; nil where the route takes none.
    public var body: BodyRule?

    public init(
        _ operation: Operation, _ method: HTTPRequest.Method, _ prefix: String, _ subject: Subject,
        lock: LockMode? = nil, parameters: [String] = [], isSpooled: Bool = false, body: BodyRule? = nil
    ) {
        self.operation = operation
        self.method = method
        self.prefix = prefix
        self.subject = subject
        self.lock = lock
        self.parameters = parameters
        self.isSpooled = isSpooled
        self.body = body
    }

    /// Whether it changes what is served; a batch and a lease may or may not, as their bodies tell.
    public var isWrite: Bool {
        ![.selectValues, .batch, .acquireLease, .renewLease, .releaseLease].contains(operation) && method != .get
    }

    /// Every parameter that the query may have.
    public var allowedParameters: [String] {
        switch subject {
        case .server: parameters
        case .entry, .file: parameters + ["file"]
        case .object: parameters + ["file", "path"]
        }
    }
}

/// The operations of all dialects, by the names that the OpenAPI document gives them.
public enum Operation: String, Sendable, CaseIterable {
    case getHealth, getDescription
    case getFile, getRaw, getEvents, getRepack
    case getGroup, getTree, getDataset, getDatatype, getDimensions, getValues, selectValues, getAttributes, getLink
    case createFile, renameEntry, removeEntry, copyFile, repackFile, putRaw
    case createGroup, createDataset, resizeDataset, putValues, updateValues
    case putAttribute, modifyAttribute, removeAttribute, createLink, moveLink
    case commitDatatype, changeDimensions
    case removeGroup, removeDataset, removeDatatype, removeLink
    case batch
    case getLocks, acquireLease, renewLease, releaseLease
    /// What workers do without a client's asking: no routes.
    case recoverFile, synchronizeDirectory, inspectBatch, copyObject
}
