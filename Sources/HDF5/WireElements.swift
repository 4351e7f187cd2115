internal import CHDF5
internal import Glibc
internal import H5Model

/// Writes elements from memory as they travel.
struct WireElements {
    private static let prefix = MemoryLayout<Int32>.size

    /// What lies at a string's pointer, or at a sequence's.
    private typealias Run = (start: UnsafeRawPointer?, count: Int)

    let layout: ElementLayout
    /// Tells what references lead to; there where the layout has any.
    let references: ReferenceReader?

    /// Bytes of the elements on the wire.
    /// - Throws: `tooLarge` for one string or sequence of 2 GiB and more; what keeps a reference from being read.
    func size(of elements: UnsafeRawPointer, count: Int) throws(HDF5Error) -> Int {
        try size(of: elements, count, layout)
    }

    /// - Parameter output: Has room for as many bytes as `size` tells; moves behind them.
    func write(_ elements: UnsafeRawPointer, count: Int, to output: inout UnsafeMutableRawPointer) {
        write(elements, count, layout, &output)
    }

    // MARK: Measuring

    private func size(
        of elements: UnsafeRawPointer, _ count: Int, _ layout: ElementLayout
    ) throws(HDF5Error) -> Int {
        if layout.isFixed { return count * layout.size }
        var size = 0
        for index in 0..<count {
            let element = elements + index * layout.size
            for part in layout.parts { size += try self.size(of: part, element) }
        }
        return size
    }

    private func size(of part: ElementLayout.Part, _ element: UnsafeRawPointer) throws(HDF5Error) -> Int {
        let size: Int
        switch part {
        case .bytes(_, let count): return count
        case .array(let offset, let count, let layout): return try self.size(of: element + offset, count, layout)
        case .string(let offset): size = Self.string(element + offset).count
        case .sequence(let offset, let layout):
            let (start, count) = Self.sequence(element + offset)
            size = try start.map { start throws(HDF5Error) in try self.size(of: start, count, layout) } ?? 0
        case .reference(let offset, let kind): size = try text(of: kind, element + offset).count
        }
        guard size <= Int(Int32.max) else {
            throw HDF5Error(.tooLarge, "one value has \(size) bytes; at most \(Int32.max) can travel")
        }
        return Self.prefix + size
    }

    private func text(of kind: Datatype.ReferenceKind, _ place: UnsafeRawPointer) throws(HDF5Error) -> [UInt8] {
        guard let references else { throw HDF5Error(.unsupported, "references cannot be read here") }
        return try references.text(of: kind, place)
    }

    // MARK: Writing

    private func write(
        _ elements: UnsafeRawPointer, _ count: Int, _ layout: ElementLayout, _ output: inout UnsafeMutableRawPointer
    ) {
        if layout.isFixed { return Self.copy((elements, count * layout.size), &output) }
        for index in 0..<count {
            let element = elements + index * layout.size
            for part in layout.parts { write(part, of: element, &output) }
        }
    }

    private func write(
        _ part: ElementLayout.Part, of element: UnsafeRawPointer, _ output: inout UnsafeMutableRawPointer
    ) {
        switch part {
        case .bytes(let offset, let count): Self.copy((element + offset, count), &output)
        case .array(let offset, let count, let layout): write(element + offset, count, layout, &output)
        case .string(let offset):
            let text = Self.string(element + offset)
            Self.counted(&output) { Self.copy(text, &$0) }
        case .sequence(let offset, let layout):
            let (start, count) = Self.sequence(element + offset)
            Self.counted(&output) { output in if let start { write(start, count, layout, &output) } }
        case .reference(let offset, let kind):
            // It has been measured, and so is known.
            let text = (try? self.text(of: kind, element + offset)) ?? []
            Self.counted(&output) { output in text.withUnsafeBytes { Self.copy(($0.baseAddress, $0.count), &output) } }
        }
    }

    /// Puts the number of bytes that `body` writes in front of them.
    private static func counted(
        _ output: inout UnsafeMutableRawPointer, _ body: (inout UnsafeMutableRawPointer) -> Void
    ) {
        let place = output
        output += prefix
        body(&output)
        let count = Int32(truncatingIfNeeded: output - place - prefix)
        place.storeBytes(of: count.littleEndian, as: Int32.self)
    }

    private static func copy(_ run: Run, _ output: inout UnsafeMutableRawPointer) {
        if let start = run.start, run.count > 0 { output.copyMemory(from: start, byteCount: run.count) }
        output += run.count
    }

    private static func string(_ place: UnsafeRawPointer) -> Run {
        let text = place.loadUnaligned(as: UnsafePointer<CChar>?.self)
        return (UnsafeRawPointer(text), text.map { strlen($0) } ?? 0)
    }

    private static func sequence(_ place: UnsafeRawPointer) -> Run {
        let sequence = place.loadUnaligned(as: hvl_t.self)
        return (UnsafeRawPointer(sequence.p), sequence.p == nil ? 0 : sequence.len)
    }
}
