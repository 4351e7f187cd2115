internal import CHDF5
internal import Glibc
internal import H5Model

/// Reads elements of a dataset, an attribute or a fill value into the bytes that travel.
struct ElementReader {
    let count: Int
    /// The type on the wire; packed.
    let wire: Datatype
    /// The most bytes that the caller takes.
    let limit: Int
    /// What is read, for messages: "/a/b".
    let subject: String
    /// Where libhdf5 puts what has variable length; nil where it is its own, each to be released.
    var strings: StringArena?
    /// Tells what references lead to; nil where there are none.
    var references: ReferenceReader?

    /// - Parameters:
    ///   - stored: The type in the file and libhdf5's identifier for it.
    ///   - isZeroed: Whether the read may leave bytes untouched, which then are zeros.
    ///   - fill: The libhdf5 call, which reads all elements in the given memory type to the given address.
    /// - Returns: The elements, as described at `Value.bytes`.
    func read(
        stored: (type: Datatype, id: hid_t), isZeroed: Bool, fill: (hid_t, UnsafeMutableRawPointer) -> herr_t
    ) throws(HDF5Error) -> [UInt8] {
        try checkType(stored.type)
        let layout = ElementLayout(wire)
        let (least, overflow) = count.multipliedReportingOverflow(by: layout.leastWireSize)
        guard !overflow, least <= limit, least < Int.max / 4 else { throw tooLarge(overflow ? nil : least) }
        let total = count * layout.size
        if total == 0 { return [] }
        guard Self.canAllocate(total) else { throw outOfMemory }
        // Equal types: no conversion, not even a search for one.
        if wire == stored.type, !wire.hasVariableLength {
            return try readFixed(total, isZeroed) { fill(stored.id, $0) }
        }
        let memory = try memoryType(wire)
        if wire.hasVariableLength { return try readVariable(total, layout, memory.id) { fill(memory.id, $0) } }
        return try readFixed(total, isZeroed) { fill(memory.id, $0) }
    }

    private func checkType(_ stored: Datatype) throws(HDF5Error) {
        guard wire.isView(of: stored) || wire.isNumeric(of: stored) else {
            throw HDF5Error(.invalid, "\(subject) cannot be read in a datatype that is not made from its own")
        }
        if let reason = wire.unsupportedReason {
            throw HDF5Error(.unsupported, "\(subject) holds values of \(reason), which are not supported")
        }
    }

    private func tooLarge(_ bytes: Int?) -> HDF5Error {
        let amount = bytes.map { "\($0) bytes" } ?? "more"
        return HDF5Error(
            .tooLarge, "this part of \(subject) takes \(amount); at most \(limit) bytes are allowed at once")
    }

    private var outOfMemory: HDF5Error {
        HDF5Error(.outOfMemory, "reading \(subject) needs more memory than is allowed")
    }

    // An array that cannot be had ends the process. (A malloc and free would be optimised away.)
    private static func canAllocate(_ size: Int) -> Bool {
        if size < 1 << 20 { return true }
        let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return pages != MAP_FAILED && munmap(pages, size) == 0
    }

    private func readFixed(
        _ total: Int, _ isZeroed: Bool, _ fill: (UnsafeMutableRawPointer) -> herr_t
    ) throws(HDF5Error) -> [UInt8] {
        var status: herr_t = -1
        let bytes = [UInt8](unsafeUninitializedCapacity: total) { buffer, filled in
            guard let start = buffer.baseAddress else { return }
            if isZeroed { memset(start, 0, total) }
            status = fill(start)
            filled = status < 0 ? 0 : total
        }
        try check(status, "reading \(subject)")
        return bytes
    }

    private func readVariable(
        _ total: Int, _ layout: ElementLayout, _ memory: hid_t, _ fill: (UnsafeMutableRawPointer) -> herr_t
    ) throws(HDF5Error) -> [UInt8] {
        guard let buffer = calloc(total, 1) else { throw outOfMemory }
        defer { free(buffer) }
        if let strings {
            let status = fill(buffer)
            if strings.isFull { throw tooLarge(nil) }
            try check(status, "reading \(subject)")
            return try flatten(UnsafeRawPointer(buffer), layout)
        }
        var extent = hsize_t(count)
        let space = try Handle(H5Screate_simple(1, &extent, nil), .dataspace, "reading \(subject)")
        let status = fill(buffer)
        // A read that fails half way has allocated half of the strings.
        defer { _ = chdf5_reclaim(memory, space.id, buffer) }
        try check(status, "reading \(subject)")
        return try flatten(UnsafeRawPointer(buffer), layout)
    }

    private func flatten(_ elements: UnsafeRawPointer, _ layout: ElementLayout) throws(HDF5Error) -> [UInt8] {
        let wire = WireElements(layout: layout, references: references)
        let total = try wire.size(of: elements, count: count)
        guard total <= limit else { throw tooLarge(total) }
        guard Self.canAllocate(total) else { throw outOfMemory }
        return [UInt8](unsafeUninitializedCapacity: total) { buffer, filled in
            guard var output = UnsafeMutableRawPointer(buffer.baseAddress) else { return }
            wire.write(elements, count: count, to: &output)
            filled = total
        }
    }
}
