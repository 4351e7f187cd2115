import Glibc

/// An unnamed file that takes the overlay's bytes when they get too many for memory; nothing in it is ever changed.
struct Spill {
    private let storage: any Storage
    private var end: UInt64 = 0

    /// - Parameter storage: Empty, or only read.
    init(_ storage: any Storage) {
        self.storage = storage
    }

    /// Appends bytes and says where.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(RedoLogError) -> UInt64 {
        let place = end
        try storage.write(bytes, at: place)
        end += UInt64(bytes.count)
        return place
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at place: UInt64) throws(RedoLogError) {
        guard try storage.read(into: buffer, at: place) == buffer.count else {
            throw .system(errno: EIO, operation: "read the overlay's file")
        }
    }
}
