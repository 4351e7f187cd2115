internal import RedoLog

/// The beginning of a file's superblock, read before libhdf5 sees the file.
struct Superblock {
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

    /// The superblock's offset in the file: 0, or the size of a user block.
    let offset: UInt64
    let version: UInt8
    /// Version 3 only: who has the file open, or had when it ended.
    let statusFlags: UInt8

    /// Finds the superblock where libhdf5 looks for it: at 0, 512 and each doubling of that.
    init(of access: FileAccess) throws(HDF5Error) {
        var start = [UInt8](repeating: 0, count: 16)
        var offset: UInt64 = 0
        while offset + UInt64(start.count) <= access.size {
            let isRead = start.withUnsafeMutableBytes { access.read(into: $0, at: offset) }
            if !isRead, let failure = access.takeFailure() { throw failure }
            if start.starts(with: Self.signature) {
                self.offset = offset
                // The top bit is a commit's veil, which `RedoLog` knows about.
                version = start[8] & 0x7f
                statusFlags = version == 3 ? start[11] : 0
                return
            }
            offset = offset == 0 ? 512 : offset * 2
        }
        throw HDF5Error(.notHDF5, "\(access.title) is not an HDF5 file")
    }

    /// The superblock of a file that libhdf5 is making.
    init(offset: UInt64) {
        self.offset = offset
        version = 0
        statusFlags = 0
    }

    /// Throws where a file must not be made anew; what is no HDF5 file may.
    static func checkReplaceable(_ access: FileAccess) throws(HDF5Error) {
        let superblock: Superblock
        do {
            superblock = try Superblock(of: access)
        } catch {
            if error.cause == .notHDF5 { return }
            throw error
        }
        if superblock.version <= 3 { try superblock.checkUsable(access) }
    }

    /// Throws where libhdf5 would misread the file, or must not be asked.
    func checkUsable(_ access: FileAccess) throws(HDF5Error) {
        if version > 3 {
            throw HDF5Error(
                .newerFormat,
                "\(access.title) was written in a newer HDF5 format than this server's library (\(libraryVersion)) reads"
            )
        }
        if statusFlags != 0 {
            throw HDF5Error(
                .openElsewhere,
                "\(access.title) is open for writing by another program, or was not closed by it "
                    + "(status flags set; if none has, lockedh5 repair --clear-flags or h5clear -s clears them)")
        }
    }
}

extension FileAccess {
    /// Access to a file for reading: as its last commit makes it, where that was interrupted.
    static func reading(_ descriptor: Int32, _ name: String) throws(HDF5Error) -> FileAccess {
        let view: Transaction?
        do throws(RedoLogError) {
            let isVeiled = try RedoLog.inspect(descriptor: descriptor) == .veiled
            view = isVeiled ? try Transaction(viewing: descriptor) : nil
        } catch {
            // Of these `Superblock` has more to say.
            switch error {
            case .notHDF5: view = nil
            case .unreadableSuperblock(let version) where version & 0x7f > 3: view = nil
            default: throw HDF5Error(error, "\(name) cannot be read")
            }
        }
        return try FileAccess(descriptor: descriptor, name: name, transaction: view)
    }
}
