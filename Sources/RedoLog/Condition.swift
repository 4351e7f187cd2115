/// Something that an HDF5 file has, or lacks, besides what its programs put into it.
public enum Condition: Equatable, Sendable {
    /// A change is committed but not, or not wholly, in its place: so many parts, so many bytes of them.
    case committedLog(parts: Int, bytes: UInt64)
    /// The veil without a log that could be replayed: the write was not committed, or all of it is in its place.
    case veil
    /// A log past the end address, whole or torn, that is not committed, or whose change is in its place.
    case uncommittedLog(bytes: UInt64)
    /// Bytes past the end address that are no log of ours.
    case bytesPastEnd(UInt64)
    /// A superblock of version 3 that says that a program has the file open for writing; its flags.
    case statusFlags(UInt8)
    /// The file ends before its end address.
    case missingBytes(UInt64)
    /// The superblock's own checksum does not fit.
    case damagedSuperblock
    /// A superblock of a version that is not known, or one that contradicts itself.
    case unreadableSuperblock(version: UInt8)
    /// A log that another version of this program wrote.
    case unknownLog(version: UInt32)
    /// No HDF5 signature where one may be.
    case notHDF5
}

extension Condition {
    /// A name for programs.
    public var code: String {
        switch self {
        case .committedLog: "committed_log"
        case .veil: "veil"
        case .uncommittedLog: "uncommitted_log"
        case .bytesPastEnd: "bytes_past_end"
        case .statusFlags: "status_flags"
        case .missingBytes: "truncated"
        case .damagedSuperblock: "damaged_superblock"
        case .unreadableSuperblock: "unreadable_superblock"
        case .unknownLog: "unknown_log"
        case .notHDF5: "not_hdf5"
        }
    }

    /// What to do about it.
    public enum Remedy: Sendable {
        /// What every program of ours does that opens the file to write.
        case recovery
        /// Clearing the flags, when a person says that no program has the file open.
        case clearingFlags
        /// Nothing that is no guess.
        case none
    }

    public var remedy: Remedy {
        switch self {
        case .committedLog, .veil, .uncommittedLog: .recovery
        case .statusFlags: .clearingFlags
        default: .none
        }
    }
}

extension Condition: CustomStringConvertible {
    public var description: String {
        switch self {
        case .committedLog(let parts, let bytes):
            "a committed change is not in its place yet (\(parts) parts, \(bytes) bytes)"
        case .veil: "an interrupted write keeps other programs out, and left nothing to finish"
        case .uncommittedLog(let bytes):
            "\(bytes) bytes past the end are left of a write that was not committed, or that is complete"
        case .bytesPastEnd(let bytes):
            "\(bytes) bytes lie past the end that the superblock tells; HDF5 does not read them, and what wrote them "
                + "is not known"
        case .statusFlags(let flags):
            "the superblock says that a program has the file open for \(flags & 4 == 0 ? "writing" : "SWMR writing") "
                + "(status flags \(flags))"
        case .missingBytes(let bytes):
            "\(bytes) bytes are missing at the end: they are lost, or in another file of a family or split set"
        case .damagedSuperblock: "the superblock is damaged: its checksum does not fit"
        case .unreadableSuperblock(let version):
            "the superblock (version \(version)) is damaged or of a kind that is not known"
        case .unknownLog(let version):
            "another version of lockedh5 was writing a change (log version \(version)), and only that one can finish it"
        case .notHDF5: "this is not an HDF5 file"
        }
    }
}
