import Crypto
import Dispatch
import Glibc
import H5Model
import Synchronization

/// SHA-256 of bytes that come one after another, as `sha256sum` writes it.
struct Checksum: Sendable {
    private var hash = SHA256()
    /// The number of bytes.
    private(set) var size = 0

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
        size += bytes.count
    }

    mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { add($0) }
    }

    var text: String {
        hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Of a file.
    static func of(_ path: String, _ bar: ProgressBar) throws(CommandError) -> Checksum {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        let total = fstat(descriptor, &status) == 0 ? status.st_size : nil
        var checksum = Checksum()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw unreadable(path) }
            if count == 0 { break }
            buffer.withUnsafeBytes { checksum.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            bar.show(checksum.size, of: total)
        }
        bar.end()
        return checksum
    }

    private static func unreadable(_ path: String) -> CommandError {
        CommandError(ErrorCode(ofFile: errno), "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}

/// The checksum of bytes that come while a file is carried, in a thread of its own.
final class RunningChecksum: Sendable {
    private let queue = DispatchQueue(label: "checksum")
    private let state = Mutex(Checksum())
    /// So many pieces wait at the most.
    private let room = DispatchSemaphore(value: 8)

    func add(_ bytes: [UInt8]) {
        room.wait()
        queue.async {
            self.state.withLock { $0.add(bytes) }
            self.room.signal()
        }
    }

    /// The checksum of all bytes so far.
    func finish() -> Checksum { queue.sync { state.withLock { $0 } } }
}
