internal import H5Model

/// A place in bytes that hold elements as they travel.
struct WireCursor {
    /// A string or a run of bytes that is not all there.
    struct Truncated: Error {}

    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
    }

    mutating func take(_ count: Int) throws(Truncated) -> UnsafeRawBufferPointer {
        guard count <= rest.count else { throw Truncated() }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    /// The bytes of a string, after their number.
    mutating func takeString() throws(Truncated) -> UnsafeRawBufferPointer {
        let prefix = try take(MemoryLayout<Int32>.size)
        let count = Int(Int32(littleEndian: prefix.loadUnaligned(as: Int32.self)))
        guard count >= 0 else { throw Truncated() }
        return try take(count)
    }

    /// Passes one element and hands each of its strings to `body`.
    mutating func takeElement(
        _ layout: ElementLayout, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(Truncated) {
        for part in layout.parts {
            switch part {
            case .bytes(_, let count): _ = try take(count)
            case .string: body(try takeString())
            }
        }
    }
}
