internal import Glibc

/// The lock under which this process uses libhdf5, which is not thread safe; its owner may take it again.
package struct ProcessLock: Sendable {
    private static let shared = ProcessLock()
    // The pointer is never changed, and what it points to is there to be shared.
    private nonisolated(unsafe) let mutex: UnsafeMutablePointer<pthread_mutex_t>

    private init() {
        mutex = .allocate(capacity: 1)
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
        pthread_mutex_init(mutex, &attributes)
        pthread_mutexattr_destroy(&attributes)
    }

    /// Runs `body` while no other thread of the process is inside libhdf5.
    package static func withLock<R: ~Copyable, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(shared.mutex)
        defer { pthread_mutex_unlock(shared.mutex) }
        return try body()
    }
}
