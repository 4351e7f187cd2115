import H5Model
import LockedH5
import Routes

/// Writes values into a selection of a dataset, in runs that fit memory.
struct ValueWriter {
    /// Writes elements of the stored type, packed.
    typealias Write = (Selection, UnsafeRawBufferPointer) throws(ServiceError) -> Void

    let selection: Selection
    /// The type that is written: the stored one's packed type, or fewer of its fields.
    let type: Datatype
    /// The shape of a chunk, where the dataset has chunks.
    let chunk: Shape?
    /// About how many bytes are in memory at once.
    let window: Int

    private let count: Int

    /// - Throws: `too_large` for a selection whose elements cannot be counted.
    init(_ selection: Selection, as type: Datatype, chunk: Shape?, window: Int) throws(ServiceError) {
        guard let count = selection.elementCount else {
            throw ServiceError(.tooLarge, "the selection has more elements than can be counted")
        }
        self.selection = selection
        self.type = type
        self.chunk = chunk
        self.window = window
        self.count = count
    }

    // MARK: Values in memory

    /// Writes a value, repeated where its shape says so.
    /// - Throws: `invalid` where the shape does not fit; what `write` throws.
    func write(_ value: Value, _ write: Write) throws(ServiceError) {
        let broadcast = try Broadcast(from: value.shape, to: selection.resultShape)
        if count == 0 { return }
        try value.bytes.withUnsafeBufferPointer { bytes throws(ServiceError) in
            let bytes = UnsafeRawBufferPointer(bytes)
            if broadcast.isIdentity && !type.hasVariableLength { return try write(selection, bytes) }
            let elements = try ElementRuns(bytes, type)
            try forEachRun(elementSize: elements.meanSize) { run, first throws(ServiceError) in
                var repeated: [UInt8] = []
                elements.append(first: first, count: run.count, by: broadcast, to: &repeated)
                try repeated.withUnsafeBufferPointer { repeated throws(ServiceError) in
                    try write(run.selection, UnsafeRawBufferPointer(repeated))
                }
            }
        }
    }

    // MARK: Bodies of bytes

    /// Writes a body that is the elements themselves.
    /// - Parameter order: The body's byte order; nil for the stored one.
    /// - Throws: `invalid` where the body has not the selection's elements; what `write` throws.
    func write(_ body: BodyBytes, order: ByteOrder?, _ write: Write) throws(ServiceError) {
        let elements = OctetElements(type)
        try elements.check(bytes: body.count, count: count)
        let change = ByteOrderChange(from: type.packed(order: order), to: type)
        func ordered(_ run: Selection, _ bytes: UnsafeRawBufferPointer) throws(ServiceError) {
            guard let change else { return try write(run, bytes) }
            try change.apply(bytes).withUnsafeBufferPointer { bytes throws(ServiceError) in
                try write(run, UnsafeRawBufferPointer(bytes))
            }
        }
        guard let size = elements.size else { return try writeCounted(body, elements, ordered) }
        try forEachRun(elementSize: size) { run, first throws(ServiceError) in
            try body.withBytes(first * size..<(first + run.count) * size) { bytes throws(ServiceError) in
                try ordered(run.selection, bytes)
            }
        }
    }

    /// Elements whose length only their bytes tell.
    private func writeCounted(
        _ body: BodyBytes, _ elements: OctetElements, _ write: Write
    ) throws(ServiceError) {
        var first = 0
        var place = 0
        var width = min(window, body.count)
        while first < count {
            let range = place..<min(place + width, body.count)
            let done = try body.withBytes(range) { bytes throws(ServiceError) in
                try writeCounted(bytes, elements, from: first, write)
            }
            if done.count == 0 && range.upperBound == body.count {
                throw ServiceError(.invalid, "the body ends within element \(first + 1) of \(count)")
            }
            if done.count == 0 { width *= 2 }
            first += done.count
            place += done.bytes
        }
        if place < body.count {
            throw ServiceError(.invalid, "the body has \(body.count - place) bytes more than its \(count) elements")
        }
    }

    /// Writes the elements from `first` on that a window of the body holds.
    private func writeCounted(
        _ window: UnsafeRawBufferPointer, _ elements: OctetElements, from first: Int, _ write: Write
    ) throws(ServiceError) -> (count: Int, bytes: Int) {
        var done = (count: 0, bytes: 0)
        while first + done.count < count {
            let wanted = selection.slab(from: first + done.count, limit: Self.mostCounted, chunk: chunk).count
            let rest = UnsafeRawBufferPointer(rebasing: window[done.bytes...])
            let ends = try elements.ends(in: rest, limit: wanted)
            if ends.isEmpty { break }
            let run = selection.slab(from: first + done.count, limit: ends.count, chunk: chunk)
            let length = ends[run.count - 1]
            try write(run.selection, UnsafeRawBufferPointer(rebasing: rest[..<length]))
            done.count += run.count
            done.bytes += length
        }
        return done
    }

    /// As many elements of variable length are written at once.
    private static let mostCounted = 1 << 20

    // MARK: Runs

    func forEachRun(
        elementSize: Int, _ body: (Slab, _ first: Int) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        var limit = max(window / max(elementSize, 1), 1)
        if type.hasVariableLength { limit = min(limit, Self.mostCounted) }
        if let layer = selection.chunkLayer(of: chunk), layer > limit, layer / 4 <= limit { limit = layer }
        var first = 0
        while first < count {
            let run = selection.slab(from: first, limit: limit, chunk: chunk)
            try body(run, first)
            first += run.count
        }
    }
}

/// The elements of a value, each of which may have its own length.
private struct ElementRuns {
    private let bytes: UnsafeRawBufferPointer
    private let size: Int?
    /// Where each element of variable length begins, and the end.
    private var starts: [Int] = []

    init(_ bytes: UnsafeRawBufferPointer, _ type: Datatype) throws(ServiceError) {
        self.bytes = bytes
        let elements = OctetElements(type)
        size = elements.size
        if size == nil { starts = [0] + (try elements.ends(in: bytes, limit: .max)) }
    }

    /// Bytes of an element, on average.
    var meanSize: Int { size ?? bytes.count / max(starts.count - 1, 1) }

    private func range(_ first: Int, _ count: Int) -> UnsafeRawBufferPointer {
        let range = size.map { first * $0..<(first + count) * $0 } ?? starts[first]..<starts[first + count]
        return UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    func append(first: Int, count: Int, by broadcast: Broadcast, to repeated: inout [UInt8]) {
        repeated.reserveCapacity(count * meanSize)
        broadcast.forEachRun(first: first, count: count) { source, count, isRepeated in
            guard isRepeated else { return repeated.append(contentsOf: range(source, count)) }
            Self.append(range(source, 1), count, to: &repeated)
        }
    }

    private static func append(_ element: UnsafeRawBufferPointer, _ count: Int, to repeated: inout [UInt8]) {
        // Many at once, where one is short.
        var block: [UInt8] = []
        let most = min(count, max(4096 / max(element.count, 1), 1))
        for _ in 0..<most { block.append(contentsOf: element) }
        for _ in 0..<(count / most) { repeated.append(contentsOf: block) }
        repeated.append(contentsOf: block.prefix(count % most * element.count))
    }
}
