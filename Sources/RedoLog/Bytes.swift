import Glibc

extension [UInt8] {
    mutating func append(littleEndian number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// A number of up to 8 bytes.
    func littleEndian(at offset: Int, width: Int) -> UInt64 {
        self[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// The length of an open file. The corresponding C function is `fstat`.
func size(of descriptor: Int32) throws(RedoLogError) -> UInt64 {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(errno: errno, operation: "look at an open file") }
    return UInt64(status.st_size)
}

/// `count` bytes of an open file, fewer only where it ends. The corresponding C function is `pread`.
func bytes(of descriptor: Int32, at offset: UInt64, count: Int) throws(RedoLogError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        while filled < count {
            let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
            let read = pread(descriptor, room.baseAddress, room.count, off_t(offset) + filled)
            if read > 0 {
                filled += read
            } else if read == 0 || errno != EINTR {
                failure = read == 0 ? 0 : errno
                return
            }
        }
    }
    guard failure == 0 else { throw .system(errno: failure, operation: "read an open file") }
    return bytes
}
