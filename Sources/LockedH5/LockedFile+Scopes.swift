public import H5Model

// Bodies that throw what they want: a closure's errors have a type only where it says so.
extension LockedFile {
    /// Reads the file at `path` under a shared lock, which ends with the scope.
    /// - Parameters:
    ///   - attempts: How often the lock is asked for, at least once.
    ///   - wait: The longest time between two attempts.
    ///   - root: As for a body that throws service errors.
    /// - Throws: A `ServiceError`: `not_found`, `forbidden`, `locked`, `not_hdf5`, `unavailable`, `unsupported`, `damaged`;
    ///   and what `body` throws.
    public static func read<R>(
        _ path: String, attempts: Int = 10, wait: Duration = .seconds(10), root: String? = nil,
        _ body: (borrowing ReadableFile) throws -> R
    ) throws -> R {
        let scope = ForeignErrors()
        return try scope.run { () throws(ServiceError) in
            try read(path, attempts: attempts, wait: wait, root: root) { file throws(ServiceError) in
                try scope.narrow { try body(file) }
            }
        }
    }

    /// Writes the file at `path` under an exclusive lock, which ends with the scope: all of it, or nothing if `body`
    /// throws.
    ///
    /// A new file appears under its name when it is complete.
    /// - Parameters:
    ///   - creation: How a file is made, where the mode makes one.
    ///   - attempts: How often the lock is asked for, at least once.
    ///   - wait: The longest time between two attempts.
    ///   - root: As for a body that throws service errors.
    ///   - settings: What the commit withstands, and how much is kept in memory.
    /// - Throws: A `ServiceError`: `not_found`, `exists`, `forbidden`, `locked`, `not_hdf5`, `unavailable`, `unsupported`,
    ///   `damaged`, `out_of_space`; and what `body` throws.
    public static func write<R>(
        _ path: String, mode: WriteMode = .existing, creation: FileCreation = FileCreation(), attempts: Int = 10,
        wait: Duration = .seconds(10), root: String? = nil, settings: WriteSettings = WriteSettings(),
        _ body: (borrowing WritableFile) throws -> R
    ) throws -> R {
        let scope = ForeignErrors()
        return try scope.run { () throws(ServiceError) in
            try write(
                path, mode: mode, creation: creation, attempts: attempts, wait: wait, root: root, settings: settings
            ) { file throws(ServiceError) in
                try scope.narrow { try body(file) }
            }
        }
    }
}

/// Takes an error of another type through a scope, which ends as with one of its own.
final class ForeignErrors {
    private var error: (any Error)?

    func narrow<R>(_ body: () throws -> R) throws(ServiceError) -> R {
        do {
            return try body()
        } catch let error as ServiceError {
            throw error
        } catch {
            self.error = error
            throw ServiceError(.internal, "\(error)")
        }
    }

    func run<R>(_ body: () throws(ServiceError) -> R) throws -> R {
        do {
            return try body()
        } catch {
            throw self.error ?? error
        }
    }
}
