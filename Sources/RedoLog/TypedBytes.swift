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
