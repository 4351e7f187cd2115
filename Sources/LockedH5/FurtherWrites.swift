public import H5Model
internal import HDF5
internal import RedoLog

/// More that can be written to a file before its commit: changes that are committed together need to wait for the disk
/// only once.
public struct FurtherWrites: ~Copyable {
    let transaction: Transaction
    let descriptor: Int32
    let name: String
    let others: OtherFiles?

    /// Whether another body can be run: little has been changed so far, and nothing of it is in the file yet.
    public var isPossible: Bool { transaction.canBeSaved }

    /// Runs another body on the file as the earlier ones have left it. Its changes are committed with theirs, or are
    /// dropped, and only they, if it throws.
    /// - Throws: as `LockedFile.write`; `internal` where `isPossible` is false.
    public func write<R>(
        _ body: (borrowing WritableFile) throws(ServiceError) -> R
    ) throws(ServiceError) -> R {
        guard let savepoint = transaction.savepoint() else {
            throw ServiceError(.internal, "too much of \(name) has been changed for another change before the commit")
        }
        do throws(ServiceError) {
            let value = try LockedFile.change(transaction, descriptor, name, nil, others, body)
            if let failure = transaction.failure { throw ServiceError(HDF5Error(failure, "\(name) cannot be written")) }
            // It has left everything as it was.
            if transaction.isDiscarded { try restore(savepoint) }
            return value
        } catch {
            try restore(savepoint)
            throw error
        }
    }

    private func restore(_ savepoint: Savepoint) throws(ServiceError) {
        do {
            try transaction.restore(savepoint)
        } catch {
            throw ServiceError(HDF5Error(error, "\(name) cannot be written"))
        }
    }
}
