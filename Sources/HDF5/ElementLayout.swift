internal import Glibc
internal import H5Model

/// Where the parts of one element lie in memory, variable-length strings as pointers.
struct ElementLayout {
    enum Part {
        case bytes(offset: Int, count: Int)
        case string(offset: Int)
    }

    /// A run of bytes that travels, and the size of the byte count before it.
    struct Piece {
        var prefix: Int
        var bytes: UnsafeRawBufferPointer
    }

    private(set) var parts: [Part] = []
    /// Bytes of an element in memory.
    private(set) var size = 0
    /// Bytes of an element on the wire whose strings are empty.
    private(set) var leastWireSize = 0

    init(_ type: Datatype) {
        append(type)
    }

    private mutating func append(_ type: Datatype) {
        if case .compound(let compound) = type {
            for field in compound.fields { append(field.type) }
            return
        }
        defer { size += type.memorySize }
        if case .variableString = type {
            leastWireSize += MemoryLayout<Int32>.size
            parts.append(.string(offset: size))
            return
        }
        leastWireSize += type.memorySize
        if case .bytes(let offset, let count)? = parts.last {
            parts[parts.count - 1] = .bytes(offset: offset, count: count + type.memorySize)
        } else {
            parts.append(.bytes(offset: size, count: type.memorySize))
        }
    }

    func forEachPiece(of elements: UnsafeRawPointer, count: Int, _ body: (Piece) -> Void) {
        for index in 0..<count {
            let element = elements + index * size
            for part in parts { body(piece(part, of: element)) }
        }
    }

    private func piece(_ part: Part, of element: UnsafeRawPointer) -> Piece {
        switch part {
        case .bytes(let offset, let count):
            return Piece(prefix: 0, bytes: UnsafeRawBufferPointer(start: element + offset, count: count))
        case .string(let offset):
            let text = element.loadUnaligned(fromByteOffset: offset, as: UnsafePointer<CChar>?.self)
            let bytes = UnsafeRawBufferPointer(start: text, count: text.map { strlen($0) } ?? 0)
            return Piece(prefix: MemoryLayout<Int32>.size, bytes: bytes)
        }
    }
}
