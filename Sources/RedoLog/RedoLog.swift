/// The redo log that a transaction leaves at the end of an HDF5 file, past all that HDF5 reads, until its change is home.
public enum RedoLog {
    /// What an earlier writer of ours left in a file; all that a crash can leave is one of these.
    public enum State: Equatable, Sendable {
        /// Nothing: HDF5 may read and write the file.
        case clean
        /// The superblock's version byte is veiled: other programs cannot open the file, its content may be a mixture of
        /// old and new, and only recovery under the exclusive lock tells which of the two it becomes.
        case veiled
        /// A log lies past the end address, but its transaction was not committed, or all of it is home: HDF5 may read
        /// the file as it is, and a writer cuts the tail off first.
        case logged
    }

    /// Looks at a file's superblock and end; called under a lock, before HDF5 opens the file.
    ///
    /// A clean file costs one `fstat` and one `pread` (more only when a user block precedes the superblock, or when
    /// something lies past the end address).
    /// - Throws: `notHDF5`, `unreadableSuperblock`, `unknownVersion`, `system`.
    public static func inspect(descriptor: Int32) throws(RedoLogError) -> State {
        try inspect(DescriptorStorage(descriptor: descriptor))
    }

    static func inspect(_ storage: any Storage) throws(RedoLogError) -> State {
        let finding = try Finding(storage)
        if let superblock = finding.superblock {
            if superblock.isVeiled { return .veiled }
            return finding.trailer == nil ? .clean : .logged
        }
        if try finding.log(storage) != nil { return .veiled }
        throw finding.problem ?? .notHDF5
    }
}

/// A file's superblock and what lies past its end address.
struct Finding {
    let status: StorageStatus
    let superblock: Superblock?
    /// Why there is no superblock.
    let problem: RedoLogError?
    let trailer: LogTrailer?

    init(_ storage: any Storage) throws(RedoLogError) {
        status = try storage.status()
        var problem: RedoLogError?
        var superblock: Superblock?
        do {
            superblock = try Superblock(storage, size: status.size)
        } catch {
            if case .system = error { throw error }
            problem = error
        }
        self.superblock = superblock
        self.problem = problem
        // Under the veil the superblock can be half old and half new, or not be there yet; nobody else has written.
        let end = superblock.map { $0.isVeiled ? 0 : $0.endAddress } ?? 0
        trailer = try LogTrailer(storage, size: status.size, end: end)
    }

    var size: UInt64 { status.size }

    /// The log at the end, nil when there is none that is complete.
    func log(_ storage: any Storage) throws(RedoLogError) -> StoredLog? {
        guard let trailer else { return nil }
        return try StoredLog(storage, trailer)
    }
}
