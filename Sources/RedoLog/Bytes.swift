extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// A number of up to 8 bytes.
    func littleEndian(at offset: Int, width: Int) -> UInt64 {
        self[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

// The standard library's own forget what kind of error their closure throws.
extension [UInt8] {
    func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws(RedoLogError) -> R) throws(RedoLogError) -> R {
        try withUnsafeBytes { bytes in
            Result { () throws(RedoLogError) in try body(bytes) }
        }.get()
    }

    mutating func withMutableBytes<R>(
        _ body: (UnsafeMutableRawBufferPointer) throws(RedoLogError) -> R
    ) throws(RedoLogError) -> R {
        try withUnsafeMutableBytes { bytes in
            Result { () throws(RedoLogError) in try body(bytes) }
        }.get()
    }
}
