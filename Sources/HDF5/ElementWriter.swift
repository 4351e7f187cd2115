internal import CHDF5
internal import Glibc
internal import H5Model

/// Writes elements of a dataset, an attribute or a fill value from the bytes that travel.
struct ElementWriter: ~Copyable {
    /// Bytes of strings, and elements, that are copied at once.
    private static let batchSize = 4 << 20
    private static let batchCount = 1 << 16

    private let wire: Datatype
    /// What is written, for messages: "/a/b".
    private let subject: String
    private let layout: ElementLayout
    private let narrow: [NarrowInteger]
    /// The type in memory.
    private let memory: Handle
    /// Makes references; nil where there is no file to make them in.
    private let references: ReferenceWriter?
    /// Whether libhdf5 converts the elements.
    let converts: Bool

    /// - Parameters:
    ///   - wire: The stored type's `packed`, or that of some of its fields.
    ///   - stored: The type in the file and libhdf5's identifier for it.
    init(
        wire: Datatype, stored: (type: Datatype, id: hid_t), subject: String, references: ReferenceWriter? = nil
    ) throws(HDF5Error) {
        guard wire.isWire(of: stored.type) else {
            throw HDF5Error(.invalid, "\(subject) cannot be written in a datatype that is not made from its own")
        }
        if let reason = wire.unsupportedReason {
            throw HDF5Error(.unsupported, "\(subject) holds values of \(reason), which are not supported")
        }
        let narrow = try NarrowInteger.all(in: wire, storedAs: stored.type, subject)
        // Equal types: libhdf5 then takes the bytes as they are.
        let isEqual = wire == stored.type && !wire.hasVariableLength
        memory = try isEqual ? Handle(H5Tcopy(stored.id), .datatype, "writing \(subject)") : writingType(wire)
        converts = !isEqual
        self.narrow = narrow
        layout = ElementLayout(wire)
        self.wire = wire
        self.subject = subject
        self.references = references
    }

    /// Bytes of an element in memory.
    var size: Int { layout.size }

    /// Throws unless `bytes` are exactly `count` elements that can be written.
    func check(_ bytes: UnsafeRawBufferPointer, count: Int) throws(HDF5Error) {
        if wire.hasVariableLength { return try checkCounted(bytes, count) }
        let (total, overflow) = count.multipliedReportingOverflow(by: layout.size)
        guard !overflow, bytes.count == total else {
            throw HDF5Error(
                .invalid,
                "\(count) elements of \(subject) take \(overflow ? "too many" : "\(total)") bytes, not \(bytes.count)")
        }
        try checkNumbers(bytes.baseAddress, count)
    }

    private func checkCounted(_ bytes: UnsafeRawBufferPointer, _ count: Int) throws(HDF5Error) {
        var cursor = WireCursor(bytes)
        for index in 0..<count {
            var hasNUL = false
            do throws(WireCursor.Truncated) {
                try cursor.passElements(layout, count: 1) { part, run in
                    guard case .string = part, let start = run.bytes.baseAddress else { return }
                    if memchr(start, 0, run.bytes.count) != nil { hasNUL = true }
                }
            } catch {
                throw HDF5Error(
                    .invalid, "\(count) elements of \(subject) are expected; the bytes end within element \(index)")
            }
            if hasNUL {
                throw HDF5Error(.invalid, "element \(index) for \(subject) has a string with a NUL, where it would end")
            }
        }
        guard cursor.rest.isEmpty else {
            throw HDF5Error(.invalid, "\(cursor.rest.count) bytes follow the \(count) elements for \(subject)")
        }
    }

    private func checkNumbers(_ elements: UnsafeRawPointer?, _ count: Int) throws(HDF5Error) {
        guard !narrow.isEmpty, let elements else { return }
        for index in 0..<count {
            for number in narrow where !number.fits(elements + index * layout.size) {
                throw HDF5Error(
                    .invalid, "element \(index) for \(subject) does not fit the \(number.precision) bits of its integer"
                )
            }
        }
    }

    func check(_ bytes: [UInt8], count: Int) throws(HDF5Error) {
        try bytes.withUnsafeBufferPointer { bytes throws(HDF5Error) in
            try check(UnsafeRawBufferPointer(bytes), count: count)
        }
    }

    /// How many of the elements at the beginning of `bytes` are written best at once, `count` at the most.
    func batch(of bytes: UnsafeRawBufferPointer, count: Int) -> Int {
        guard wire.hasVariableLength else { return count }
        var cursor = WireCursor(bytes)
        for index in 0..<min(count, Self.batchCount) {
            guard (try? cursor.passElements(layout, count: 1) { _, _ in }) != nil,
                bytes.count - cursor.rest.count <= Self.batchSize
            else { return max(index, 1) }
        }
        return min(count, Self.batchCount)
    }

    /// Writes the first `count` elements of `bytes`.
    /// - Parameter put: The libhdf5 call, which writes them from the given memory type and address.
    /// - Returns: Bytes that were used.
    @discardableResult
    func write(
        _ bytes: UnsafeRawBufferPointer, count: Int, put: (hid_t, UnsafeRawPointer) -> herr_t
    ) throws(HDF5Error) -> Int {
        if wire.hasVariableLength {
            let memory = try MemoryElements(bytes, count: count, layout, references, subject)
            try checkNumbers(memory.elements, count)
            try self.put(memory.elements, put)
            return memory.used
        }
        if let start = bytes.baseAddress, count > 0 { try self.put(start, put) }
        return count * layout.size
    }

    /// Checks and writes `count` elements, all at once.
    func writeAll(
        _ bytes: [UInt8], count: Int, put: (hid_t, UnsafeRawPointer) -> herr_t
    ) throws(HDF5Error) {
        try bytes.withUnsafeBufferPointer { bytes throws(HDF5Error) in
            try check(UnsafeRawBufferPointer(bytes), count: count)
            try write(UnsafeRawBufferPointer(bytes), count: count, put: put)
        }
    }

    private func put(
        _ elements: UnsafeRawPointer, _ put: (hid_t, UnsafeRawPointer) -> herr_t
    ) throws(HDF5Error) {
        if put(memory.id, elements) < 0 { throw HDF5Error.refused("writing \(subject)") }
    }
}

extension Datatype {
    /// Whether values of `stored` are written in this type: packed, in the same byte order, maybe some fields only.
    fileprivate func isWire(of stored: Datatype) -> Bool {
        if self == stored.packed() { return true }
        guard case .compound(let own) = self, case .compound(let other) = stored, !own.fields.isEmpty,
            own == Compound(packing: own.fields.map { ($0.name, $0.type) }),
            Set(own.fields.map(\.name)).count == own.fields.count
        else { return false }
        return own.fields.allSatisfy { field in
            other.fields.contains { $0.name == field.name && $0.type.packed() == field.type }
        }
    }
}
