import Glibc
import H5Model

/// The files whose commit has begun and has not ended, kept in the state directory: a server that starts again recovers
/// them at once.
///
/// One file of slots, each a length and a path; writing one costs no more than a system call. After a power cut it may
/// be behind: then the next request to such a file recovers it.
final class OpenTransactions {
    /// Of the longest path and its length.
    private static let slotSize = 4096 + 8

    private let file: Descriptor
    private var free: [Int] = []
    private var count = 0

    init(_ file: Descriptor) {
        self.file = file
    }

    /// The files that an earlier server was committing to, from now on forgotten.
    func takeAll() -> [FilePath] {
        var paths: [FilePath] = []
        var slot = [UInt8](repeating: 0, count: Self.slotSize)
        var place = 0
        while pread(file.number, &slot, slot.count, place) == slot.count {
            let length = slot.withUnsafeBytes { Int(clamping: UInt64(littleEndian: $0.load(as: UInt64.self))) }
            if (1...Self.slotSize - 8).contains(length) {
                let path = slot[8..<(8 + length)].split(separator: UInt8(ascii: "/")).map { [UInt8]($0) }
                if !paths.contains(path) { paths.append(path) }
            }
            place += Self.slotSize
        }
        ftruncate(file.number, 0)
        return paths
    }

    /// Notes that a commit to the file begins.
    /// - Returns: The slot, for `end`.
    /// - Throws: `out_of_space`, `internal`.
    func begin(_ path: FilePath) throws(ServiceError) -> Int {
        let slot = free.popLast() ?? count
        count = max(count, slot + 1)
        let bytes = path.joinedBytes.prefix(Self.slotSize - 8)
        var content = withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { [UInt8]($0) } + bytes
        content += Array(repeating: 0, count: Self.slotSize - content.count)
        if pwrite(file.number, content, content.count, slot * Self.slotSize) == content.count { return slot }
        let code = errno
        free.append(slot)
        throw Upload.failure(code, "the list of open transactions")
    }

    /// The commit has ended.
    func end(_ slot: Int) {
        var nothing: UInt64 = 0
        _ = pwrite(file.number, &nothing, MemoryLayout<UInt64>.size, slot * Self.slotSize)
        free.append(slot)
    }
}
