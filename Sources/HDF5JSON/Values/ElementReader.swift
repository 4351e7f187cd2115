package import H5Model

/// The bytes of elements that have not been written yet.
package struct ElementReader {
    private var rest: UnsafeRawBufferPointer

    package init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
    }

    package var isAtEnd: Bool { rest.isEmpty }

    /// The next `count` bytes.
    /// - Throws: `internal` where fewer are left.
    package mutating func take(_ count: Int) throws(ServiceError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= rest.count else {
            throw ServiceError(.internal, "the values that were read are shorter than their shape and datatype say")
        }
        let taken = UnsafeRawBufferPointer(rebasing: rest[..<count])
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        return taken
    }

    /// The next value of variable length: a little-endian `Int32` byte count, then the bytes.
    /// - Throws: `internal` where fewer are left.
    package mutating func takeCounted() throws(ServiceError) -> UnsafeRawBufferPointer {
        let count = try take(4).loadUnaligned(as: Int32.self)
        return try take(Int(Int32(littleEndian: count)))
    }
}

extension Datatype.Padding {
    /// The characters of a fixed-size string: what h5py reads.
    ///
    /// A null-terminated string ends at the first NUL; a null-padded one keeps inner NULs; a space-padded one loses its
    /// trailing spaces and then, as in any NumPy string, the NULs before them.
    package func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var end = bytes.count
        switch self {
        case .nullTerminated: end = bytes.firstIndex(of: 0) ?? end
        case .nullPadded: break
        case .spacePadded:
            while end > 0, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
        }
        while end > 0, bytes[end - 1] == 0 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[..<end])
    }
}
