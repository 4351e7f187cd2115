internal import CHDF5
internal import H5Model
internal import RedoLog

/// A file that libhdf5 has open: in use, or kept for the next use without a descriptor, and so without a lock.
///
/// A kept file is used again only under a fresh lock and only if the file is as it was: identity, size and both time
/// stamps are equal, and they were old when they were read, so that a later change cannot have left them as they are.
final class OpenedFile {
    let id: hid_t
    let access: FileAccess
    let superblock: Superblock
    private let wasSettled: Bool

    init(id: hid_t, access: FileAccess, superblock: Superblock, wasSettled: Bool) {
        self.id = id
        self.access = access
        self.superblock = superblock
        self.wasSettled = wasSettled
    }

    var canStayOpen: Bool { wasSettled && access.failure == nil }
}

extension HDF5Library {
    /// Opens the file behind a locked descriptor.
    func open(_ descriptor: Int32, _ name: String) throws(HDF5Error) -> OpenedFile {
        let access = try FileAccess.reading(descriptor, name)
        let wasSettled = access.state.isSettled
        let superblock = try Superblock(of: access)
        try superblock.checkUsable(access)
        try FileDriver.select(driver, for: access, in: fileAccess.id)
        let id = H5Fopen(access.name, chdf5_acc_rdonly(), fileAccess.id)
        try checkOpened(id, access, "opening \(name)")
        return OpenedFile(id: id, access: access, superblock: superblock, wasSettled: wasSettled)
    }

    /// Opens the file of a transaction for writing.
    func open(_ descriptor: Int32, _ name: String, _ transaction: Transaction) throws(HDF5Error) -> OpenedFile {
        let access = try FileAccess(descriptor: descriptor, name: name, transaction: transaction)
        let superblock = try Superblock(of: access)
        try superblock.checkUsable(access)
        let list = try writingAccess(FileCreation().libver)
        try FileDriver.select(driver, for: access, in: list.id)
        let id = H5Fopen(access.name, chdf5_acc_rdwr(), list.id)
        try checkOpened(id, access, "opening \(name) for writing")
        return OpenedFile(id: id, access: access, superblock: superblock, wasSettled: false)
    }

    /// Makes the file of a transaction anew.
    func create(
        _ descriptor: Int32, _ name: String, _ transaction: Transaction, _ creation: FileCreation
    ) throws(HDF5Error) -> OpenedFile {
        try creation.check()
        try Superblock.checkReplaceable(try FileAccess(descriptor: descriptor, name: name))
        let access = try FileAccess(descriptor: descriptor, name: name, transaction: transaction)
        let list = try writingAccess(creation.libver)
        let properties = try creation.propertyList()
        try FileDriver.select(driver, for: access, in: list.id)
        let id = H5Fcreate(access.name, chdf5_acc_trunc(), properties.id, list.id)
        try checkOpened(id, access, "making \(name)")
        let superblock = Superblock(offset: UInt64(creation.userBlockSize))
        return OpenedFile(id: id, access: access, superblock: superblock, wasSettled: false)
    }

    func checkOpened(_ id: hid_t, _ access: FileAccess, _ operation: String) throws(HDF5Error) {
        if id >= 0 { return }
        // A failed open may leave libhdf5 with pieces of the file.
        isTrustworthy = false
        let failure = HDF5Error.latest(operation)
        throw access.takeFailure() ?? failure
    }

    /// Keeps a file open that nobody uses; from now on nothing can be read of it.
    func keep(_ file: OpenedFile) {
        file.access.forgetOthers()
        file.access.descriptor = -1
        kept = file
    }

    /// The kept file if it is the one behind `descriptor`, unchanged; any other one is closed.
    func takeKept(_ descriptor: Int32, _ name: String) -> OpenedFile? {
        guard let file = kept else { return nil }
        kept = nil
        if file.access.title == name, FileState(descriptor: descriptor) == file.access.state {
            file.access.descriptor = descriptor
            return file
        }
        close(file)
        return nil
    }

    /// Closes the file that is kept, as before each write: libhdf5 does not open it a second time to write.
    package func dropKept() {
        kept.map(close)
        kept = nil
    }

    private func close(_ file: OpenedFile) {
        if H5Fclose(file.id) < 0 { isTrustworthy = false }
    }
}
