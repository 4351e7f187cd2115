internal import CHDF5
package import H5Model
package import RedoLog

/// Opens another file for one that libhdf5 has open: a source of a virtual dataset, or what a link leads to.
///
/// It gets a path from the served directory on, with a leading slash, or one of the host. The descriptor is open for
/// reading, and locked, for as long as the first file; nil says that nothing has the name. Anything else that keeps the
/// file from being read is thrown, and never taken for a file that is not there.
package typealias OtherFiles = (_ name: [UInt8]) throws(ServiceError) -> Int32?

/// One HDF5 file, open through a locked descriptor: for reading, or in a transaction.
package struct File: ~Copyable {
    let handle: Handle
    package let access: FileAccess
    let library: HDF5Library
    let superblock: Superblock
    private let opened: OpenedFile

    /// Opens the file behind `descriptor`, which stays the caller's and must outlive the file.
    ///
    /// Every use, the end of the file's life included, is inside `ProcessLock.withLock`.
    ///
    /// - Parameters:
    ///   - name: The file's name below the served root.
    ///   - others: Who opens other files; nothing opens them by name.
    package init(descriptor: Int32, name: String, others: OtherFiles? = nil) throws(HDF5Error) {
        let library = try HDF5Library.start()
        HDF5Library.silence()
        let kept = library.takeKept(descriptor, name)
        let opened = if let kept { kept } else { try library.open(descriptor, name) }
        handle = try Handle(opened.id, .file, "opening \(name)")
        self.library = library
        self.opened = opened
        access = opened.access
        superblock = opened.superblock
        access.others = others
    }

    /// Opens the file of `transaction` for writing, or makes it anew; nothing is in the file before the commit.
    ///
    /// As above; whoever called commits or abandons the transaction once the file is closed.
    ///
    /// - Parameters:
    ///   - descriptor: The transaction's, open for reading and writing.
    ///   - creation: Nil to open what is there.
    package init(
        descriptor: Int32, name: String, transaction: Transaction, creation: FileCreation? = nil,
        others: OtherFiles? = nil
    ) throws(HDF5Error) {
        let library = try HDF5Library.start()
        HDF5Library.silence()
        library.dropKept()
        let opened =
            if let creation {
                try library.create(descriptor, name, transaction, creation)
            } else {
                try library.open(descriptor, name, transaction)
            }
        handle = try Handle(opened.id, .file, "opening \(name)")
        self.library = library
        self.opened = opened
        access = opened.access
        superblock = opened.superblock
        access.others = others
    }

    /// Makes a file with the format and the properties of `source`, for a copy of all that is in it.
    init(
        descriptor: Int32, like source: borrowing File, transaction: Transaction
    ) throws(HDF5Error) {
        let opened = try source.library.create(descriptor, transaction, like: source)
        handle = try Handle(opened.id, .file, "making the copy of \(source.access.title)")
        library = source.library
        self.opened = opened
        access = opened.access
        superblock = opened.superblock
    }

    /// Closes the file and tells of a failure, which the end of a file's life cannot.
    /// - Parameter mayStayOpen: Leave the file open in libhdf5 for the next `File` of the same unchanged file. Only for
    ///   a file of which all went well, on a file system whose time stamps tell of every change.
    package consuming func close(mayStayOpen: Bool = false) throws(HDF5Error) {
        let (library, opened) = (library, opened)
        access.opened = [:]
        let stays =
            mayStayOpen && opened.canStayOpen && access.isPlain && library.isTrustworthy
            && H5Fget_obj_count(handle.id, chdf5_all_of_this_file()) == 1
        let id = handle.take()
        if stays { return library.keep(opened) }
        if H5Fclose(id) < 0 {
            library.isTrustworthy = false
            throw HDF5Error.latest("closing \(opened.access.title)")
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
