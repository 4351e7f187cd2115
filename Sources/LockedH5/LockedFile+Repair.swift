internal import FileLock
package import H5Model
internal import HDF5
package import RedoLog

extension LockedFile {
    /// Tells what a crash or a killed program has left in the file at `path`, under a shared lock; nothing is changed.
    /// - Parameter wait: The longest wait for the lock.
    /// - Throws: `not_found`, `wrong_kind`, `forbidden`, `locked`, `internal`.
    package static func examine(
        _ path: String, wait: Duration = .seconds(10)
    ) throws(ServiceError) -> [Condition] {
        let locked = try lock(path, .shared, wait: wait)
        do {
            return try RedoLog.examine(descriptor: locked.descriptor)
        } catch {
            throw ServiceError(HDF5Error(error, "\(lastComponent(path)) cannot be examined"))
        }
    }

    /// Puts in order what a crash or a killed program has left in the file at `path`, under the exclusive lock, as far
    /// as nothing need be guessed.
    /// - Parameters:
    ///   - clearsFlags: Also clears the status flags of a version 3 superblock: for a file that no program has open, since
    ///     a writer may set them without a lock. They are no damage, and clearing them mends none.
    ///   - wait: The longest wait for the lock.
    /// - Throws: `not_found`, `wrong_kind`, `forbidden`, `locked`, `out_of_space`, `internal`.
    package static func repair(
        _ path: String, clearsFlags: Bool = false, wait: Duration = .seconds(10)
    ) throws(ServiceError) -> Repair {
        let locked = try lock(path, .exclusive, wait: wait)
        do {
            return try RedoLog.repair(descriptor: locked.descriptor, clearsFlags: clearsFlags)
        } catch {
            throw ServiceError(HDF5Error(error, "\(lastComponent(path)) cannot be repaired"))
        }
    }

    private static func lock(
        _ path: String, _ mode: FileLock.Mode, wait: Duration
    ) throws(ServiceError) -> LockedDescriptor {
        try lock(path, mode, wait > .zero ? 2 : 1, max(wait, .zero))
    }
}
