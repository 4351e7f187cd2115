package import H5Model
internal import HDF5
package import RedoLog

extension LockedFile {
    /// Tells what a crash or a killed program has left in the file at `path`; nothing is changed.
    /// - Parameter descriptor: Of the file, which somebody else has locked and closes.
    /// - Throws: `internal`.
    package static func examine(_ path: String, lockedAs descriptor: Int32) throws(ServiceError) -> [Condition] {
        do {
            return try RedoLog.examine(descriptor: descriptor)
        } catch {
            throw ServiceError(HDF5Error(error, "\(lastComponent(path)) cannot be examined"))
        }
    }

    /// Puts in order what a crash or a killed program has left in the file at `path`, as far as nothing need be guessed.
    /// - Parameters:
    ///   - descriptor: Of the file, which somebody else has locked exclusively and closes.
    ///   - clearsFlags: Also clears the status flags of a version 3 superblock: for a file that no program has open, since
    ///     a writer may set them without a lock. They are no damage, and clearing them mends none.
    /// - Throws: `out_of_space`, `internal`.
    package static func repair(
        _ path: String, lockedAs descriptor: Int32, clearsFlags: Bool = false
    ) throws(ServiceError) -> Repair {
        do {
            return try RedoLog.repair(descriptor: descriptor, clearsFlags: clearsFlags)
        } catch {
            throw ServiceError(HDF5Error(error, "\(lastComponent(path)) cannot be repaired"))
        }
    }
}
