internal import CHDF5
package import H5Model

/// One HDF5 file, open for reading through a locked descriptor.
package struct File: ~Copyable {
    let handle: Handle
    package let access: FileAccess
    let library: HDF5Library
    let superblock: Superblock

    /// Opens the file behind `descriptor`, which stays the caller's and must outlive the file.
    ///
    /// Every use, the end of the file's life included, is inside `ProcessLock.withLock`.
    ///
    /// - Parameter name: The file's name below the served root; nothing else opens by name.
    package init(descriptor: Int32, name: String) throws(HDF5Error) {
        let library = try HDF5Library.start()
        HDF5Library.silence()
        let access = try FileAccess(descriptor: descriptor, name: name)
        let superblock = try Superblock(of: access)
        try superblock.checkReadable(access)
        try FileDriver.select(library.driver, for: access, in: library.fileAccess.id)
        let id = H5Fopen(access.name, chdf5_acc_rdonly(), library.fileAccess.id)
        if id < 0 {
            // A failed open may leave libhdf5 with pieces of the file.
            library.isTrustworthy = false
            let failure = HDF5Error.latest("opening \(name)")
            throw access.takeFailure() ?? failure
        }
        handle = try Handle(id, .file, "opening \(name)")
        self.library = library
        self.access = access
        self.superblock = superblock
    }

    /// Closes the file and tells of a failure, which the end of a file's life cannot.
    package consuming func close() throws(HDF5Error) {
        let library = library
        let title = access.title
        do {
            try handle.close("closing \(title)")
        } catch {
            library.isTrustworthy = false
            throw error
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
