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
        let size = try size(of: descriptor)
        let superblock = try Superblock(descriptor: descriptor, size: size)
        let trailer = try LogTrailer(descriptor: descriptor, size: size, end: superblock.endAddress)
        if superblock.isVeiled { return .veiled }
        return trailer == nil ? .clean : .logged
    }
}
