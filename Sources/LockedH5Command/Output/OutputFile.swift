import FileLock
import Glibc
import H5Model
import LockedH5

/// A file that a command writes.
enum OutputFile {
    /// Calls `body` with the descriptor of a file that has its name, in the place of another one, when all is written; what
    /// is no regular file is written as it is.
    static func write(
        _ path: String, _ body: (_ descriptor: Int32) throws(CommandError) -> Void
    ) throws(CommandError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { return try writeThrough(path, body) }
        let file: NewFile
        do throws(FileLockError) {
            file = try NewFile(path)
        } catch {
            throw CommandError(ServiceError(error))
        }
        try body(file.descriptor)
        do throws(FileLockError) {
            try file.publishReplacing(isDurable: false)
        } catch {
            throw CommandError(ServiceError(error))
        }
    }

    private static func writeThrough(
        _ path: String, _ body: (_ descriptor: Int32) throws(CommandError) -> Void
    ) throws(CommandError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code: ErrorCode = errno == EISDIR ? .wrongKind : .forbidden
            throw CommandError(code, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        try body(descriptor)
    }
}
