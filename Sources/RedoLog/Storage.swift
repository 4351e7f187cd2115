import Glibc

/// The file that a transaction changes; tests put one in its place that records or fails.
protocol Storage {
    func status() throws(RedoLogError) -> StorageStatus
    /// Fills `buffer` from `offset` on and says how far: less than all only where the file ends.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(RedoLogError) -> Int
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(RedoLogError)
    func setSize(_ size: UInt64) throws(RedoLogError)
    /// Makes sure that a later write there needs no more space.
    func reserve(_ offset: UInt64, _ count: UInt64) throws(RedoLogError)
    /// Waits until all that was written is on the disk, with the size.
    func synchronize() throws(RedoLogError)
}

struct StorageStatus: Equatable {
    var size: UInt64
    /// When the content last changed: seconds, nanoseconds.
    var modified: [Int]
    /// Whether no name leads to the file.
    var isUnnamed = false
    /// Whether parts of it have no place on the disk yet.
    var hasHoles = false
}

extension Storage {
    /// Fills `buffer`, with zeros past the end of the file.
    func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(RedoLogError) {
        let count = try read(into: buffer, at: offset)
        if count < buffer.count { zero(UnsafeMutableRawBufferPointer(rebasing: buffer[count...])) }
    }

    /// The bytes from `offset` on, fewer only where the file ends.
    func bytes(at offset: UInt64, count: Int) throws(RedoLogError) -> [UInt8] {
        var failure: RedoLogError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(RedoLogError) {
                filled = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(RedoLogError) {
        try bytes.withBytes { (bytes) throws(RedoLogError) in try write(bytes, at: offset) }
    }
}

func zero(_ buffer: UnsafeMutableRawBufferPointer) {
    _ = buffer.initializeMemory(as: UInt8.self, repeating: 0)
}

/// A file behind a descriptor, which stays its owner's.
struct DescriptorStorage: Storage {
    let descriptor: Int32

    func status() throws(RedoLogError) -> StorageStatus {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno: errno, operation: "look at an open file") }
        return StorageStatus(
            size: UInt64(status.st_size), modified: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec],
            isUnnamed: status.st_nlink == 0, hasHoles: status.st_blocks * 512 < status.st_size)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(RedoLogError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = pread(descriptor, room.baseAddress, room.count, off_t(offset) + filled)
            if count == 0 { break }
            if count > 0 {
                filled += count
            } else if errno != EINTR {
                throw .system(errno: errno, operation: "read an open file")
            }
        }
        return filled
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(RedoLogError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + written)
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                throw .system(errno: count == 0 ? ENOSPC : errno, operation: "write a file")
            }
        }
    }

    func setSize(_ size: UInt64) throws(RedoLogError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            if errno != EINTR { throw .system(errno: errno, operation: "set the length of a file") }
        }
    }

    func reserve(_ offset: UInt64, _ count: UInt64) throws(RedoLogError) {
        let code = posix_fallocate(descriptor, off_t(offset), off_t(count))
        // A file system that cannot promise space will say so at the write.
        guard ![ENOSPC, EDQUOT, EFBIG, EIO].contains(code) else {
            throw .system(errno: code, operation: "get space for a file")
        }
    }

    func synchronize() throws(RedoLogError) {
        while fdatasync(descriptor) != 0 {
            if errno != EINTR { throw .system(errno: errno, operation: "write a file to the disk") }
        }
    }
}
