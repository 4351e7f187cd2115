internal import CHDF5
internal import Glibc
internal import RedoLog

/// The virtual file driver: libhdf5 reads and writes the file of a `FileAccess` through its descriptor or
/// its transaction, and opens nothing by name: for another file the access asks.
///
/// It has no lock callbacks: the file is locked before libhdf5 sees it. In consequence libhdf5 does not look at the
/// superblock's status flags either; `Superblock` does.
enum FileDriver {
    /// Registers the driver with libhdf5.
    static func register() throws(HDF5Error) -> hid_t {
        var driver = H5FD_class_t()
        chdf5_identify_driver(&driver)
        driver.name = UnsafePointer(strdup("lockedh5"))
        driver.maxaddr = haddr_t(Int64.max)
        driver.fc_degree = H5F_CLOSE_STRONG
        driver.fapl_size = MemoryLayout<chdf5_driver_info>.size
        driver.fapl_get = information
        driver.fapl_copy = copyInformation
        driver.fapl_free = freeInformation
        driver.open = open
        driver.close = close
        driver.cmp = compare
        driver.query = query
        driver.get_eoa = endOfAllocation
        driver.set_eoa = setEndOfAllocation
        driver.get_eof = endOfFile
        driver.read = read
        driver.write = write
        driver.flush = flush
        driver.truncate = truncate
        return try check(H5FDregister(&driver), "registering the file driver")
    }

    /// Makes `accessList` open the file of `access`, which must outlive the open.
    static func select(_ driver: hid_t, for access: FileAccess, in accessList: hid_t) throws(HDF5Error) {
        var info = chdf5_driver_info(access: Unmanaged.passUnretained(access).toOpaque())
        try check(H5Pset_driver(accessList, driver, &info), "choosing the file driver")
    }
}

// MARK: - What the property list carries

// libhdf5 derives the property list of a file that another one refers to from that one's, so the access travels along
// and can keep the refusal.
private func information(_ file: UnsafeMutablePointer<H5FD_t>?) -> UnsafeMutableRawPointer? {
    guard let file else { return nil }
    var info = chdf5_driver_info(access: own(file).pointee.access)
    return copyInformation(&info)
}

private func copyInformation(_ info: UnsafeRawPointer?) -> UnsafeMutableRawPointer? {
    let size = MemoryLayout<chdf5_driver_info>.size
    guard let info, let copy = malloc(size) else { return nil }
    copy.copyMemory(from: info, byteCount: size)
    return copy
}

private func freeInformation(_ info: UnsafeMutableRawPointer?) -> herr_t {
    free(info)
    return 0
}

// MARK: - One file

private func own(_ file: UnsafePointer<H5FD_t>) -> UnsafeMutablePointer<chdf5_file> {
    UnsafeMutableRawPointer(mutating: file).assumingMemoryBound(to: chdf5_file.self)
}

private func access<R>(of file: UnsafePointer<H5FD_t>, _ body: (FileAccess) -> R) -> R? {
    guard let reference = own(file).pointee.access else { return nil }
    return Unmanaged<FileAccess>.fromOpaque(reference)._withUnsafeGuaranteedRef(body)
}

private func open(
    _ name: UnsafePointer<CChar>?, _ flags: UInt32, _ accessList: hid_t, _: haddr_t
) -> UnsafeMutablePointer<H5FD_t>? {
    guard let name, let info = H5Pget_driver_info(accessList),
        let reference = info.assumingMemoryBound(to: chdf5_driver_info.self).pointee.access
    else { return nil }
    let access = Unmanaged<FileAccess>.fromOpaque(reference)._withUnsafeGuaranteedRef {
        access -> FileAccess? in
        if strcmp(name, access.name) == 0 { return access }
        let bytes = UnsafeBufferPointer(start: name, count: strlen(name)).map(UInt8.init(bitPattern:))
        return (access.origin ?? access).otherForDriver(bytes)
    }
    guard let access, prepare(access, flags), let file = calloc(1, MemoryLayout<chdf5_file>.size) else { return nil }
    file.assumingMemoryBound(to: chdf5_file.self).pointee.access = Unmanaged.passRetained(access).toOpaque()
    return file.assumingMemoryBound(to: H5FD_t.self)
}

/// Whether the file may be opened so; one that shall be truncated is emptied.
private func prepare(_ access: FileAccess, _ flags: UInt32) -> Bool {
    if flags == chdf5_acc_rdonly() { return true }
    // Sources are opened as the file is to which they belong.
    if access.origin != nil { return flags == chdf5_acc_rdwr() }
    guard let transaction = access.transaction, access.isWritable else { return false }
    if flags & chdf5_acc_trunc() != 0 { transaction.empty() }
    return flags & ~(chdf5_acc_rdwr() | chdf5_acc_trunc() | chdf5_acc_creat()) == 0
}

private func close(_ file: UnsafeMutablePointer<H5FD_t>?) -> herr_t {
    guard let file else { return -1 }
    if let access = own(file).pointee.access { Unmanaged<FileAccess>.fromOpaque(access).release() }
    free(file)
    return 0
}

// libhdf5 shares what it knows of a file between two opens that compare as equal: it must be so for one inode.
private func compare(_ left: UnsafePointer<H5FD_t>?, _ right: UnsafePointer<H5FD_t>?) -> Int32 {
    guard let left, let right,
        let (device, inode) = access(of: left, { ($0.device, $0.inode) }),
        let (otherDevice, otherInode) = access(of: right, { ($0.device, $0.inode) })
    else { return -1 }
    if (device, inode) == (otherDevice, otherInode) { return 0 }
    return (device, inode) < (otherDevice, otherInode) ? -1 : 1
}

private func query(_: UnsafePointer<H5FD_t>?, _ features: UnsafeMutablePointer<UInt>?) -> herr_t {
    features?.pointee = chdf5_driver_features()
    return 0
}

private func endOfAllocation(_ file: UnsafePointer<H5FD_t>?, _: H5FD_mem_t) -> haddr_t {
    file.map { own($0).pointee.end_of_allocation } ?? chdf5_undefined_address()
}

private func setEndOfAllocation(_ file: UnsafeMutablePointer<H5FD_t>?, _: H5FD_mem_t, _ end: haddr_t) -> herr_t {
    guard let file else { return -1 }
    own(file).pointee.end_of_allocation = end
    return 0
}

private func endOfFile(_ file: UnsafePointer<H5FD_t>?, _: H5FD_mem_t) -> haddr_t {
    file.flatMap { access(of: $0) { haddr_t($0.size) } } ?? chdf5_undefined_address()
}

private func read(
    _ file: UnsafeMutablePointer<H5FD_t>?, _: H5FD_mem_t, _: hid_t, _ address: haddr_t, _ count: Int,
    _ buffer: UnsafeMutableRawPointer?
) -> herr_t {
    guard let file else { return -1 }
    let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: count)
    return access(of: file) { $0.read(into: bytes, at: UInt64(address)) ? 0 : -1 } ?? -1
}

private func write(
    _ file: UnsafeMutablePointer<H5FD_t>?, _ type: H5FD_mem_t, _: hid_t, _ address: haddr_t, _ count: Int,
    _ bytes: UnsafeRawPointer?
) -> herr_t {
    guard let file else { return -1 }
    let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
    return access(of: file) { $0.write(bytes, at: UInt64(address), isRaw: type == H5FD_MEM_DRAW) ? 0 : -1 } ?? -1
}

// Only a commit brings anything to the disk.
private func flush(_: UnsafeMutablePointer<H5FD_t>?, _: hid_t, _: Bool) -> herr_t { 0 }

private func truncate(_ file: UnsafeMutablePointer<H5FD_t>?, _: hid_t, _: Bool) -> herr_t {
    guard let file else { return -1 }
    let end = UInt64(own(file).pointee.end_of_allocation)
    _ = access(of: file) { if $0.isWritable { $0.transaction?.setSize(end) } }
    return 0
}
