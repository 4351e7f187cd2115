internal import CHDF5
package import H5Model

/// One HDF5 file, open for reading through a locked descriptor.
package struct File: ~Copyable {
    let handle: Handle
    package let access: FileAccess
    let library: HDF5Library
    let superblock: Superblock
    let wasSettled: Bool

    /// Opens the file behind `descriptor`, which stays the caller's and must outlive the file.
    ///
    /// Every use, the end of the file's life included, is inside `ProcessLock.withLock`.
    ///
    /// - Parameter name: The file's name below the served root; nothing else opens by name.
    package init(descriptor: Int32, name: String) throws(HDF5Error) {
        let library = try HDF5Library.start()
        HDF5Library.silence()
        let opened: WarmFile
        if let warm = library.takeWarm(descriptor, name) { opened = warm } else { opened = try library.open(descriptor, name) }
        handle = try Handle(opened.id, .file, "opening \(name)")
        self.library = library
        access = opened.access
        superblock = opened.superblock
        wasSettled = opened.wasSettled
    }

    private var mayStay: Bool {
        wasSettled && access.failure == nil && library.isTrustworthy && chdf5_count_open(handle.id) == 1
    }

    /// Closes the file and tells of a failure, which the end of a file's life cannot.
    package consuming func close(isSound: Bool = false) throws(HDF5Error) {
        let library = library
        let access = access
        let superblock = superblock
        let stays = isSound && mayStay
        let id = handle.take()
        if stays {
            access.descriptor = -1
            library.warm = WarmFile(id: id, access: access, superblock: superblock, wasSettled: true)
            return
        }
        if H5Fclose(id) < 0 {
            library.isTrustworthy = false
            throw HDF5Error.latest("closing \(access.title)")
        }
    }

    /// The corresponding C functions are `H5Fget_info2` and `H5Pget_userblock`.
    package func info() throws(HDF5Error) -> FileInfo {
        var info = H5F_info2_t()
        try check(H5Fget_info2(handle.id, &info), "reading the properties of \(access.title)")
        return FileInfo(
            superblockVersion: Int(info.super.version), userBlockSize: Int(superblock.offset),
            freeSpace: Int(clamping: info.free.tot_space))
    }
}

/// How many identifiers of each kind libhdf5 holds open in this process.
package func openIdentifierCounts() -> [Int] {
    let kinds = [H5I_FILE, H5I_GROUP, H5I_DATATYPE, H5I_DATASPACE, H5I_DATASET, H5I_ATTR, H5I_GENPROP_LST]
    return ProcessLock.withLock {
        kinds.map { kind in
            var count: hsize_t = 0
            return H5Inmembers(kind, &count) < 0 ? -1 : Int(count)
        }
    }
}

/// A file that libhdf5 has open between two requests; nothing is read of it meanwhile.
final class WarmFile {
    let id: hid_t
    let access: FileAccess
    let superblock: Superblock
    let wasSettled: Bool

    init(id: hid_t, access: FileAccess, superblock: Superblock, wasSettled: Bool) {
        self.wasSettled = wasSettled
        self.id = id
        self.access = access
        self.superblock = superblock
    }
}

extension HDF5Library {
    func open(_ descriptor: Int32, _ name: String) throws(HDF5Error) -> WarmFile {
        let access = try FileAccess(descriptor: descriptor, name: name)
        let wasSettled = access.state.isSettled
        let superblock = try Superblock(of: access)
        try superblock.checkReadable(access)
        try FileDriver.select(driver, for: access, in: fileAccess.id)
        let id = H5Fopen(access.name, chdf5_acc_rdonly(), fileAccess.id)
        if id < 0 {
            // A failed open may leave libhdf5 with pieces of the file.
            isTrustworthy = false
            let failure = HDF5Error.latest("opening \(name)")
            throw access.takeFailure() ?? failure
        }
        return WarmFile(id: id, access: access, superblock: superblock, wasSettled: wasSettled)
    }

    /// The warm file if it is the one behind `descriptor`, unchanged; any other one is closed.
    func takeWarm(_ descriptor: Int32, _ name: String) -> WarmFile? {
        guard let kept = warm else { return nil }
        warm = nil
        if kept.access.title == name, FileState(descriptor: descriptor) == kept.access.state {
            kept.access.descriptor = descriptor
            return kept
        }
        if H5Fclose(kept.id) < 0 { isTrustworthy = false }
        return nil
    }
}
