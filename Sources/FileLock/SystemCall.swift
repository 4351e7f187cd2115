import Glibc

/// What a system call returned, or its `errno`.
enum CallResult {
    case success(Int32)
    case failure(Int32)

    var value: Int32? {
        if case .success(let value) = self { value } else { nil }
    }
}

/// A call that says -1 and `errno`, made again while a signal interrupts it.
func retrying(_ call: () -> Int32) -> CallResult {
    while true {
        let value = call()
        if value >= 0 { return .success(value) }
        let code = errno
        if code != EINTR { return .failure(code) }
    }
}

/// The same for a call with a path; C would cut one with a NUL inside short and take another file.
func retrying(path: String, _ call: (UnsafePointer<CChar>) -> Int32) -> CallResult {
    if path.utf8.contains(0) { return .failure(ENOENT) }
    return path.withCString { name in retrying { call(name) } }
}

func status(of descriptor: Int32) throws(FileLockError) -> stat {
    var status = stat()
    if case .failure(let code) = retrying({ fstat(descriptor, &status) }) {
        throw .system(errno: code, operation: "look at an open file")
    }
    return status
}
