import H5Model
import NIOPosix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An open file on this machine. What may wait for the disk does so in a thread that nothing else waits for.
package final class LocalFile: Sendable {
    /// What tells that a file was changed.
    struct Stamp: Equatable {
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let descriptor: Int32
    private let path: String

    /// Opens a file to read.
    init(reading path: String) throws(HDF5ClientError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw Self.failure("open", path) }
    }

    /// Opens a file to write, which is made where there is none; nobody else may be writing it in this way.
    init(writing path: String) throws(HDF5ClientError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw Self.failure("make", path) }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 { throw Self.failure("lock", path) }
    }

    /// Removes a file that was to be written so, unless somebody is writing it.
    static func removeAbandoned(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0 { return }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
        close(descriptor)
    }

    deinit { close(descriptor) }

    func stamp() throws(HDF5ClientError) -> Stamp {
        let status = try status()
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return Stamp(size: Int(status.st_size), seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// What only this file has, and only as it is; the same for every process.
    func identity() throws(HDF5ClientError) -> String {
        let status = try status()
        // Programs can give a file any time of its content, but not that of its last change.
        #if canImport(Darwin)
            let time = status.st_ctimespec
        #else
            let time = status.st_ctim
        #endif
        let parts = [
            Int(truncatingIfNeeded: status.st_dev), Int(truncatingIfNeeded: status.st_ino), Int(status.st_size),
            time.tv_sec, time.tv_nsec,
        ]
        return parts.map { String($0, radix: 36) }.joined(separator: ".")
    }

    private func status() throws(HDF5ClientError) -> stat {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw Self.failure("look at", path) }
        return status
    }

    /// The bytes of a range, which must be there.
    func read(_ range: Range<Int>) async throws(HDF5ClientError) -> [UInt8] {
        try await Self.aside { () throws(HDF5ClientError) in try self.readNow(range) }
    }

    private func readNow(_ range: Range<Int>) throws(HDF5ClientError) -> [UInt8] {
        var error: HDF5ClientError?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while count < range.count {
                let got = pread(
                    descriptor, buffer.baseAddress.map { $0 + count }, range.count - count,
                    off_t(range.lowerBound + count))
                if got < 0 && errno == EINTR { continue }
                if got <= 0 {
                    error = got < 0 ? Self.failure("read", path) : ended(at: range.lowerBound + count)
                    return
                }
                count += got
            }
        }
        if let error { throw error }
        return bytes
    }

    private func ended(at offset: Int) -> HDF5ClientError {
        let sentence = "\(path) has become shorter: it ends at byte \(offset)"
        return HDF5ClientError(.localFile(ServiceError(.preconditionFailed, sentence)))
    }

    func write(_ bytes: [UInt8], at offset: Int) async throws(HDF5ClientError) {
        try await Self.aside { () throws(HDF5ClientError) in try self.writeNow(bytes, at: offset) }
    }

    private func writeNow(_ bytes: [UInt8], at offset: Int) throws(HDF5ClientError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw Self.failure("write", path) }
            done += count
        }
    }

    /// Gives a file that is complete its name.
    package typealias Naming = @Sendable (_ path: String, _ name: String) throws(ServiceError) -> Void

    /// Waits until the disk has everything, and gives the file another name.
    /// - Parameter naming: Nil for a name that may be taken, and is the other file's no more then.
    func finish(as name: String, naming: Naming? = nil) async throws(HDF5ClientError) {
        try await Self.aside { () throws(HDF5ClientError) in
            if fsync(self.descriptor) != 0 { throw Self.failure("write", self.path) }
            guard let naming else {
                if rename(self.path, name) != 0 { throw Self.failure("rename", self.path) }
                return
            }
            do throws(ServiceError) {
                try naming(self.path, name)
            } catch {
                throw HDF5ClientError(.localFile(error))
            }
        }
    }

    private static func aside<Success: Sendable>(
        _ body: @escaping @Sendable () throws(HDF5ClientError) -> Success
    ) async throws(HDF5ClientError) -> Success {
        let result: Result<Success, HDF5ClientError>
        do {
            result = try await NIOThreadPool.singleton.runIfActive {
                do throws(HDF5ClientError) {
                    return .success(try body())
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw HDF5ClientError(.transport(TransportFailure(error)))
        }
        return try result.get()
    }

    static func remove(_ path: String) {
        unlink(path)
    }

    private static func failure(_ verb: String, _ path: String) -> HDF5ClientError {
        let code = errno == EWOULDBLOCK ? ErrorCode.locked : ErrorCode(ofFile: errno)
        let sentence = "cannot \(verb) \(path): \(String(cString: strerror(errno)))"
        return HDF5ClientError(.localFile(ServiceError(code, sentence)))
    }
}
