internal import H5Model

/// Where the parts of one element lie in memory: variable-length strings as pointers, other sequences as a count and a
/// pointer.
struct ElementLayout {
    enum Part {
        case bytes(offset: Int, count: Int)
        case string(offset: Int)
        case sequence(offset: Int, of: ElementLayout)
        case reference(offset: Int, Datatype.ReferenceKind)
        /// Elements of a layout that has more than bytes.
        case array(offset: Int, count: Int, of: ElementLayout)
    }

    private(set) var parts: [Part] = []
    /// Bytes of an element in memory.
    private(set) var size = 0
    /// Bytes of an element on the wire whose strings and sequences are empty.
    private(set) var leastWireSize = 0

    init(_ type: Datatype) {
        append(type)
    }

    /// Whether elements travel as they lie in memory.
    var isFixed: Bool {
        guard parts.count == 1, case .bytes = parts[0] else { return false }
        return true
    }

    private mutating func append(_ type: Datatype) {
        switch type {
        case .compound(let compound):
            for field in compound.fields { append(field.type) }
            return
        case .variableString:
            appendCounted(.string(offset: size))
        case .variableLength(let element):
            appendCounted(.sequence(offset: size, of: ElementLayout(element)))
        case .reference(let kind):
            appendCounted(.reference(offset: size, kind))
        case .array(let element, let shape) where element.hasVariableLength:
            let element = ElementLayout(element)
            let count = shape.elementCount ?? 0
            parts.append(.array(offset: size, count: count, of: element))
            leastWireSize += count * element.leastWireSize
        default:
            appendBytes(type.memorySize)
        }
        size += type.memorySize
    }

    private mutating func appendCounted(_ part: Part) {
        parts.append(part)
        leastWireSize += MemoryLayout<Int32>.size
    }

    private mutating func appendBytes(_ count: Int) {
        leastWireSize += count
        if case .bytes(let offset, let before)? = parts.last {
            parts[parts.count - 1] = .bytes(offset: offset, count: before + count)
        } else {
            parts.append(.bytes(offset: size, count: count))
        }
    }
}
