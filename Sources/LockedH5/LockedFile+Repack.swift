internal import FileLock
internal import Glibc
public import H5Model
internal import HDF5
internal import RedoLog

extension LockedFile {
    /// How long a file that was replaced stays locked: a program that opened it by its name just before then does not
    /// write into it, and lose that.
    private static let orphanTime = Duration.seconds(1)

    /// Rewrites the file at `path` without the space that nothing in it needs, under an exclusive lock: as a whole, or not
    /// at all. A new file takes its name, with its owner, permissions and extended attributes.
    ///
    /// Everything to which a path leads is kept as it is, and so are references to it; other references become null.
    /// - Parameters:
    ///   - attempts: How often the lock is asked for, at least once.
    ///   - wait: The longest time between two attempts.
    ///   - settings: What the new file withstands.
    /// - Throws: As `write`.
    @discardableResult
    public static func repack(
        _ path: String, attempts: Int = 10, wait: Duration = .seconds(10), settings: WriteSettings = WriteSettings()
    ) throws(ServiceError) -> RepackReport {
        let locked = try lock(path, .exclusive, attempts, wait)
        let report = try repack(path, lockedAs: locked.descriptor, settings: settings)
        SystemWaiting().sleep(for: orphanTime)
        // Until here it is locked.
        _ = locked.descriptor
        return report
    }

    /// Repacks the file at `path` behind a descriptor that somebody else has locked exclusively, and keeps for longer.
    /// - Throws: As `repack`.
    package static func repack(
        _ path: String, lockedAs descriptor: Int32, settings: WriteSettings = WriteSettings()
    ) throws(ServiceError) -> RepackReport {
        do throws(RedoLogError) {
            try RedoLog.recover(descriptor: descriptor)
        } catch {
            if error != .notHDF5 { throw ServiceError(HDF5Error(error, "\(lastComponent(path)) cannot be recovered")) }
        }
        let new = try newFile(path)
        let report = try repack(
            descriptor: descriptor, into: new.descriptor, name: lastComponent(path), settings: settings)
        try recheck(descriptor, path)
        do throws(FileLockError) {
            FileRights.copy(from: descriptor, to: new.descriptor)
            try new.publishReplacing(isDurable: settings.durability == .power)
        } catch {
            throw ServiceError(error)
        }
        return report
    }

    /// Writes a compact copy of a file to an empty one.
    /// - Parameters:
    ///   - descriptor: The file, open for reading, and locked for longer than the call.
    ///   - copy: Open for reading and writing, and nobody else's.
    ///   - name: The file's name below the served root; for messages.
    /// - Throws: As `write`; then `copy` is empty.
    public static func repack(
        descriptor: Int32, into copy: Int32, name: String, settings: WriteSettings = WriteSettings()
    ) throws(ServiceError) -> RepackReport {
        try ProcessLock.withLock { () throws(ServiceError) in
            let transaction = try begin(copy, name, true, settings)
            defer { transaction.abandon() }
            let root = try read(descriptor: descriptor, name: name) { source throws(ServiceError) in
                try source.boundary.run { () throws(HDF5Error) in
                    try source.file.copyAll(to: copy, transaction)
                }
            }
            do throws(RedoLogError) {
                try transaction.setRoot(address: root)
            } catch {
                throw ServiceError(HDF5Error(error, "the copy of \(name) cannot be written"))
            }
            try commit(transaction, name) { () throws(ServiceError) in }
            return RepackReport(before: try size(of: descriptor, name), after: try size(of: copy, name))
        }
    }

    private static func size(of descriptor: Int32, _ name: String) throws(ServiceError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ServiceError(.internal, "\(name) cannot be looked at: error \(errno)")
        }
        return status.st_size
    }
}
