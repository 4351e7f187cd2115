internal import H5Model

/// A place in bytes that hold elements as they travel.
struct WireCursor {
    /// A string, a sequence or a run of bytes that is not all there, or has more than it should.
    struct Truncated: Error {}

    /// The bytes of a string, a sequence or a reference, and how many elements a sequence has.
    struct Run {
        var bytes: UnsafeRawBufferPointer
        var count: Int
    }

    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
    }

    mutating func take(_ count: Int) throws(Truncated) -> UnsafeRawBufferPointer {
        guard count <= rest.count else { throw Truncated() }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    /// The bytes behind their number.
    mutating func takeCounted() throws(Truncated) -> UnsafeRawBufferPointer {
        let prefix = try take(MemoryLayout<Int32>.size)
        let count = Int(Int32(littleEndian: prefix.loadUnaligned(as: Int32.self)))
        guard count >= 0 else { throw Truncated() }
        return try take(count)
    }

    /// The elements of a sequence, behind the number of their bytes.
    mutating func takeSequence(_ layout: ElementLayout) throws(Truncated) -> Run {
        try takeSequence(layout) { _, _ in }
    }

    private mutating func takeSequence(
        _ layout: ElementLayout, _ visit: (ElementLayout.Part, Run) -> Void
    ) throws(Truncated) -> Run {
        let bytes = try takeCounted()
        if layout.isFixed {
            guard bytes.count.isMultiple(of: layout.size) else { throw Truncated() }
            return Run(bytes: bytes, count: bytes.count / layout.size)
        }
        var count = 0
        var elements = WireCursor(bytes)
        while !elements.rest.isEmpty {
            try elements.passElements(layout, count: 1, visit)
            count += 1
        }
        return Run(bytes: bytes, count: count)
    }

    /// Passes elements, and hands each of their strings, sequences and references to `visit`, those inside a sequence
    /// before it.
    mutating func passElements(
        _ layout: ElementLayout, count: Int, _ visit: (ElementLayout.Part, Run) -> Void
    ) throws(Truncated) {
        for _ in 0..<count {
            for part in layout.parts { try pass(part, visit) }
        }
    }

    private mutating func pass(
        _ part: ElementLayout.Part, _ visit: (ElementLayout.Part, Run) -> Void
    ) throws(Truncated) {
        switch part {
        case .bytes(_, let count): _ = try take(count)
        case .array(_, let count, let layout): try passElements(layout, count: count, visit)
        case .sequence(_, let layout): visit(part, try takeSequence(layout, visit))
        case .string, .reference: visit(part, Run(bytes: try takeCounted(), count: 1))
        }
    }
}
