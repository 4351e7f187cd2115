import H5Model
import HDF5JSON
import Routes

/// The body of an answer with values, made in slabs of about one size.
struct ValuesBody {
    /// Reads elements in a packed type, as a `Value` holds them, in at most so many bytes.
    typealias Read = (Selection, Datatype, Int) throws(ServiceError) -> [UInt8]

    /// As many elements of variable length may be read at once.
    private static let longestRun = 1 << 20

    private let plan: ValuesPlan
    private let limits: NativeDialect.Limits
    private var cursor: ValuesCursor
    private(set) var isGzipped: Bool

    /// - Throws: `internal` for a cursor that is not of this body.
    init(_ plan: ValuesPlan, _ request: WorkerRequest, _ limits: NativeDialect.Limits) throws(ServiceError) {
        self.plan = plan
        self.limits = limits
        isGzipped = plan.type.isText && request.acceptsGzip
        cursor = ValuesCursor()
        guard let bytes = request.cursor else { return }
        cursor = try ValuesCursor(bytes)
        guard cursor.section < max(plan.sections.count, 1), cursor.element < plan.count else {
            throw ServiceError(.internal, "the rest of the values was asked for at a place that they do not have")
        }
    }

    /// The next slab, or the whole body.
    /// - Throws: What `read` throws.
    mutating func next(read: Read) throws(ServiceError) -> WorkerAnswer.Body {
        let isFirst = cursor == ValuesCursor()
        var text: [UInt8] = []
        var isDone = false
        repeat {
            isDone = try appendRun(to: &text, read: read)
        } while !isDone && text.count < limits.slab / 2
        if isFirst && isDone && text.count <= WorkerAnswer.leastGzipped { isGzipped = false }
        if isGzipped { text = try cursor.gzip.compress(text, isLast: isDone) }
        return isDone ? .complete(text) : .slab(text, next: cursor.bytes)
    }

    /// Appends one run of elements, and moves the cursor behind it.
    /// - Returns: Whether the body is complete.
    private mutating func appendRun(to text: inout [UInt8], read: Read) throws(ServiceError) -> Bool {
        guard let selection = plan.selection, plan.count > 0 else { return try appendEmpty(to: &text) }
        let section = plan.sections.isEmpty ? nil : plan.sections[cursor.section]
        let type = section?.datatype ?? plan.datatype
        let limit = runLimit(section?.elementLength ?? plan.datatype.size, type, room: limits.slab - text.count)
        let run = selection.readableSlab(from: cursor.element, limit: limit, chunk: plan.chunk)
        guard let bytes = try attempt(run, as: type, read: read) else { return false }
        if let section {
            text.reserveCapacity(min(text.count + run.count * section.elementLength, limits.slab) + 32)
            if cursor.element == 0 { text += section.prefix }
            try section.text.append(
                bytes, first: cursor.element, count: run.count, of: selection.resultShape, to: &text)
            if cursor.element + run.count == plan.count { text += section.suffix }
        } else if text.isEmpty {
            text = bytes
        } else {
            text += bytes
        }
        return cursor.advance(by: run.count, of: plan.count, sections: max(plan.sections.count, 1))
    }

    /// Reads a run; nil where it is too long for memory and the next will be shorter.
    private mutating func attempt(_ run: Slab, as type: Datatype, read: Read) throws(ServiceError) -> [UInt8]? {
        // Nobody knows before how long elements of variable length are.
        let limit = type.hasVariableLength && run.count > 1 ? limits.slab : limits.longestRead
        do throws(ServiceError) {
            let bytes = try read(run.selection, type, limit)
            if type.hasVariableLength {
                let fitting = limits.slab / max(bytes.count / run.count, 1)
                cursor.run = min(max(fitting, 1), run.count * 8, Self.longestRun)
            }
            return bytes
        } catch {
            guard error.code == .tooLarge, type.hasVariableLength, run.count > 1 else { throw error }
            cursor.run = run.count / 8 + 1
            return nil
        }
    }

    /// How many elements to read at once for a body of about `room` bytes.
    private func runLimit(_ elementLength: Int, _ type: Datatype, room: Int) -> Int {
        let limit = max(room / max(elementLength, 1), 1)
        if type.hasVariableLength { return min(limit, cursor.run) }
        guard let layer = plan.selection?.chunkLayer(of: plan.chunk), layer > limit,
            layer <= limits.chunkLayer / max(elementLength, 1)
        else { return limit }
        return layer
    }

    /// A body without elements, complete at once.
    private func appendEmpty(to text: inout [UInt8]) throws(ServiceError) -> Bool {
        guard let shape = plan.selection?.resultShape else {
            if plan.type == .json { text += Array("null".utf8) }
            return true
        }
        for section in plan.sections {
            text += section.prefix
            try section.text.append([], first: 0, count: 0, of: shape, to: &text)
            text += section.suffix
        }
        return true
    }
}

extension NativeDialect.Limits {
    fileprivate var longestRead: Int { max(slab, chunkLayer, value) }
}
