internal import CHDF5
internal import Glibc

/// Elements in memory as libhdf5 takes them, made from the wire: each string is a pointer, and ends with NUL; each other
/// sequence is a count and a pointer; each reference is made in the file.
struct MemoryElements: ~Copyable {
    /// The elements, and behind them what they point to.
    let elements: UnsafeMutableRawPointer
    /// Bytes of the wire that were used.
    let used: Int

    /// - Parameters:
    ///   - bytes: What `ElementWriter.check` has accepted.
    ///   - references: Makes the references; there where the layout has any.
    init(
        _ bytes: UnsafeRawBufferPointer, count: Int, _ layout: ElementLayout, _ references: ReferenceWriter?,
        _ subject: String
    ) throws(HDF5Error) {
        var cursor = WireCursor(bytes)
        var room = Room()
        do throws(WireCursor.Truncated) {
            try cursor.passElements(layout, count: count) { part, run in room.add(part, run) }
        } catch {
            throw HDF5Error(.invalid, "the bytes for \(subject) end too early")
        }
        let size = Room.aligned(count * layout.size)
        // Cleared: a null reference is all zeros.
        guard let block = calloc(max(size + room.size, 1), 1) else {
            throw HDF5Error(.outOfMemory, "writing \(subject) needs more memory than is allowed")
        }
        var filling = Filling(cursor: WireCursor(bytes), tail: block + size, references: references, subject: subject)
        do throws(HDF5Error) {
            for index in 0..<count { try filling.fill(block + index * layout.size, layout) }
        } catch {
            free(block)
            throw error
        }
        elements = block
        used = bytes.count - cursor.rest.count
    }

    deinit {
        free(elements)
    }

    /// How much room the elements need for what they point to.
    private struct Room {
        var size = 0

        static func aligned(_ size: Int) -> Int { (size + 15) & ~15 }

        mutating func add(_ part: ElementLayout.Part, _ run: WireCursor.Run) {
            switch part {
            case .string: size += run.bytes.count + 1
            case .sequence(_, let layout): size += 15 + run.count * layout.size
            case .bytes, .reference, .array: break
            }
        }
    }

    private struct Filling {
        var cursor: WireCursor
        /// Where the next string or sequence goes.
        var tail: UnsafeMutableRawPointer
        let references: ReferenceWriter?
        let subject: String

        mutating func fill(_ element: UnsafeMutableRawPointer, _ layout: ElementLayout) throws(HDF5Error) {
            for part in layout.parts { try fill(part, of: element) }
        }

        private mutating func fill(
            _ part: ElementLayout.Part, of element: UnsafeMutableRawPointer
        ) throws(HDF5Error) {
            switch part {
            case .bytes(let offset, let count):
                copy(try take { cursor throws(WireCursor.Truncated) in try cursor.take(count) }, to: element + offset)
            case .string(let offset):
                let text = try take { cursor throws(WireCursor.Truncated) in try cursor.takeCounted() }
                copy(text, to: tail)
                tail.storeBytes(of: 0, toByteOffset: text.count, as: UInt8.self)
                element.storeBytes(of: tail, toByteOffset: offset, as: UnsafeMutableRawPointer.self)
                tail += text.count + 1
            case .array(let offset, let count, let layout):
                for index in 0..<count { try fill(element + offset + index * layout.size, layout) }
            case .sequence(let offset, let layout): try fillSequence(element + offset, layout)
            case .reference(let offset, let kind):
                let text = try take { cursor throws(WireCursor.Truncated) in try cursor.takeCounted() }
                guard let references else {
                    throw HDF5Error(.unsupported, "\(subject) holds references, which cannot be written here")
                }
                try references.make(kind, Array(text), at: element + offset)
            }
        }

        private mutating func fillSequence(
            _ place: UnsafeMutableRawPointer, _ layout: ElementLayout
        ) throws(HDF5Error) {
            let run = try take { cursor throws(WireCursor.Truncated) in try cursor.takeSequence(layout) }
            tail = UnsafeMutableRawPointer(bitPattern: Room.aligned(Int(bitPattern: tail))) ?? tail
            let start = tail
            place.storeBytes(of: hvl_t(len: run.count, p: run.count == 0 ? nil : start), as: hvl_t.self)
            tail += run.count * layout.size
            var rest = WireCursor(run.bytes)
            swap(&rest, &cursor)
            for index in 0..<run.count { try fill(start + index * layout.size, layout) }
            cursor = rest
        }

        private mutating func take<Taken>(
            _ body: (inout WireCursor) throws(WireCursor.Truncated) -> Taken
        ) throws(HDF5Error) -> Taken {
            do {
                return try body(&cursor)
            } catch {
                throw HDF5Error(.invalid, "the bytes for \(subject) end too early")
            }
        }

        private func copy(_ run: UnsafeRawBufferPointer, to place: UnsafeMutableRawPointer) {
            if let start = run.baseAddress { place.copyMemory(from: start, byteCount: run.count) }
        }
    }
}
