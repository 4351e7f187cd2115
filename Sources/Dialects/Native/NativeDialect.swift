public import H5Model
public import LockedH5
public import Routes

/// The native dialect, `/v1`: each request becomes one operation on an open file, and its result an answer.
public enum NativeDialect {
    /// Takes the next piece of a body that is completed under one lock but too long for memory.
    public typealias Spool = ([UInt8]) throws(ServiceError) -> Void

    /// Where bodies are cut, in bytes.
    public struct Limits: Equatable, Sendable {
        /// A body of values that is not longer is complete at once; a longer one comes in slabs of about this size.
        public var slab: Int
        /// A slab may grow to this size where it would otherwise cut through chunks that the next slab decodes again;
        /// not at all unless told, so that whoever keeps slabs in memory knows how long they are.
        public var chunkLayer: Int
        /// The longest single value: one element, or one attribute.
        public var value: Int
        /// A visit of a tree that is not longer is held in memory; a longer one goes to the spool.
        public var tree: Int
        /// Whether a body may be told as a run of the file's own bytes.
        public var hasRegions = true

        public init(slab: Int = 8 << 20, chunkLayer: Int? = nil, value: Int = 64 << 20, tree: Int = 100 << 10) {
            self.slab = slab
            self.chunkLayer = chunkLayer ?? slab
            self.value = value
            self.tree = tree
        }
    }

    /// Answers a request about a file that is open under the route's lock.
    ///
    /// - Parameters:
    ///   - body: The request's body, of one that says there what it reads.
    ///   - spool: Nil where there is none; then a body that is meant for it stays in memory.
    /// - Throws: What the operation's own rules and the file's layers throw; the gate renders it.
    public static func answer(
        _ request: WorkerRequest, body: RequestBody = .none, file: borrowing ReadableFile, spool: Spool? = nil,
        limits: Limits = Limits()
    ) throws(ServiceError) -> WorkerAnswer {
        switch request.operation {
        case .getFile: try getFile(request, file)
        case .getGroup: try getGroup(request, file, limits)
        case .getTree: try getTree(request, file, spool, limits)
        case .getDataset: try getDataset(request, file)
        case .getDatatype: try getDatatype(request, file)
        case .getDimensions: try getDimensions(request, file)
        case .getValues, .selectValues: try getValues(request, body, file, limits)
        case .getAttributes: try getAttributes(request, file, limits)
        case .getLink: try getLink(request, file)
        default:
            throw ServiceError(.internal, "\(request.operation.rawValue) reached a worker, which does not serve it")
        }
    }
}
