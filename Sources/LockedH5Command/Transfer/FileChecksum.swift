import Crypto
import Glibc
import H5Model

/// SHA-256 of bytes that come one after another, as `sha256sum` writes it.
struct Checksum {
    private var hash = SHA256()

    mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    var text: String {
        hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Of a file.
    static func of(_ path: String, _ bar: ProgressBar) throws(CommandError) -> (text: String, size: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        let total = fstat(descriptor, &status) == 0 ? status.st_size : nil
        var checksum = Checksum()
        var size = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw unreadable(path) }
            if count == 0 { break }
            buffer.withUnsafeBytes {
                checksum.hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
            size += count
            bar.show(size, of: total)
        }
        bar.end()
        return (checksum.text, size)
    }

    private static func unreadable(_ path: String) -> CommandError {
        CommandError(nil, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
