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
        let file = try CheckedFile(path)
        let total = file.size
        try file.add(upTo: .max) { bar.show($0, of: total) }
        bar.end()
        return file.checksum
    }
}

/// A file that is read for its checksum.
private final class CheckedFile {
    private let path: String
    private let descriptor: Int32
    private(set) var checksum = Checksum()
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)

    init(_ path: String) throws(CommandError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw unreadable }
    }

    deinit { close(descriptor) }

    /// In bytes; nil where that is not known.
    var size: Int? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status.st_size : nil
    }

    /// Reads on to a place in the file, or to its end where that comes first.
    func add(upTo end: Int, _ progress: (Int) -> Void = { _ in }) throws(CommandError) {
        while checksum.size < end {
            let most = min(buffer.count, end - checksum.size)
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, most) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw unreadable }
            if count == 0 { return }
            buffer.withUnsafeBytes { checksum.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            progress(checksum.size)
        }
    }

    private var unreadable: CommandError {
        CommandError(ErrorCode(ofFile: errno), "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}

/// The checksum of a file that is being carried, in a thread of its own that stays behind.
final class FollowingChecksum: Sendable {
    private let queue = DispatchQueue(label: "checksum")
    private let file: Mutex<Result<CheckedFile, CommandError>>

    init(_ path: String) throws(CommandError) {
        file = Mutex(.success(try CheckedFile(path)))
    }

    /// So many bytes of the file have been carried.
    func follow(to end: Int) {
        queue.async { self.add(upTo: end) }
    }

    /// The checksum of all of the file.
    func finish() throws(CommandError) -> Checksum {
        queue.sync { add(upTo: .max) }
        return try file.withLock { $0.map(\.checksum) }.get()
    }

    private func add(upTo end: Int) {
        file.withLock { file in
            guard case .success(let open) = file else { return }
            do throws(CommandError) {
                try open.add(upTo: end)
            } catch {
                file = .failure(error)
            }
        }
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
