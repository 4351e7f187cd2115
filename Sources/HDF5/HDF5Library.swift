internal import CHDF5
internal import Glibc

/// libhdf5 as this process uses it: started once, silent, and loading nothing by itself later.
package final class HDF5Library {
    let driver: hid_t
    /// The property list of every open; the driver's part of it is set anew for each.
    let fileAccess: Handle
    /// The property list of every traversal of links; it refuses external links.
    let linkAccess: Handle
    /// The property list of transfers of elements that fit `smallBuffer`.
    let smallTransfer: Handle
    /// The same with a manager of memory for strings, which is set anew for each read.
    let stringTransfer: Handle
    /// Bytes through which elements are converted. libhdf5 takes 1 MiB, and clears it, for the smallest of reads.
    static let smallBuffer = 64 << 10
    /// The filter plug-ins that were found.
    package let plugins: FilterPlugins
    /// Whether libhdf5's own state can be relied on; a failed open or close, or a want of memory, ends that.
    var isTrustworthy = true
    /// The file that was read last, if it is still open in libhdf5.
    var kept: OpenedFile?

    // Touched only under `ProcessLock`.
    private nonisolated(unsafe) static var started: HDF5Library?

    /// The started library; the first call starts it.
    ///
    /// Call once before other threads and before a jail: afterwards libhdf5 opens nothing by name. Environment variables
    /// that would change libhdf5's behaviour are removed from the process.
    ///
    /// - Parameter filterDirectory: Where filter plug-ins are; nil for the distribution's own. Only the first call's counts.
    @discardableResult
    package static func start(filterDirectory: String? = nil) throws(HDF5Error) -> HDF5Library {
        try ProcessLock.withLock { () throws(HDF5Error) in
            if let started { return started }
            let library = try HDF5Library(filterDirectory: filterDirectory)
            started = library
            return library
        }
    }

    /// Whether libhdf5's own state can be relied on; false calls for a new process.
    package static var isTrustworthy: Bool {
        ProcessLock.withLock { started?.isTrustworthy ?? true }
    }

    /// Notes that libhdf5's own state can no longer be relied on.
    package static func distrust() {
        ProcessLock.withLock { started?.isTrustworthy = false }
    }

    private init(filterDirectory: String?) throws(HDF5Error) {
        for name in Self.variables { unsetenv(name) }
        // The process may end without libhdf5's clean-up, which crashes after some failures.
        H5dont_atexit()
        try check(H5open(), "starting libhdf5")
        Self.silence()
        try check(H5PLset_loading_state(0), "closing libhdf5's plug-in loader")
        plugins = FilterPlugins(directory: filterDirectory)
        if !plugins.loaded.contains(where: { $0.filter == LZFFilter.id }) { try LZFFilter.register() }
        driver = try FileDriver.register()
        fileAccess = try Handle(H5Pcreate(chdf5_class_file_access()), .propertyList, "preparing to open files")
        linkAccess = try Handle(H5Pcreate(chdf5_class_link_access()), .propertyList, "preparing to follow links")
        smallTransfer = try Handle(H5Pcreate(chdf5_class_transfer()), .propertyList, "preparing to read")
        try check(H5Pset_buffer(smallTransfer.id, Self.smallBuffer, nil, nil), "preparing to read")
        stringTransfer = try Handle(H5Pcopy(smallTransfer.id), .propertyList, "preparing to read")
        try check(H5Pset_fclose_degree(fileAccess.id, H5F_CLOSE_STRONG), "preparing to open files")
        try check(H5Pset_elink_cb(linkAccess.id, refuseExternalLink, nil), "preparing to follow links")
        warmUp()
    }

    /// Keeps libhdf5 from printing errors, which it decides for each thread.
    static func silence() {
        H5Eset_auto2(hid_t(0), nil, nil)
    }

    // Loads what a first open and a first failure load, the time zone's file among it.
    private func warmUp() {
        tzset()
        _ = H5Fopen("/", chdf5_acc_rdonly(), fileAccess.id)
        _ = HDF5Error.latest("warming up")
    }

    private static let variables = [
        "HDF5_PLUGIN_PATH", "HDF5_PLUGIN_PRELOAD", "HDF5_VOL_CONNECTOR", "HDF5_DRIVER", "HDF5_DRIVER_CONFIG",
        "HDF5_EXT_PREFIX", "HDF5_VDS_PREFIX", "HDF5_USE_FILE_LOCKING", "HDF5_DEBUG",
    ]
}

private func refuseExternalLink(
    _: UnsafePointer<CChar>?, _: UnsafePointer<CChar>?, _: UnsafePointer<CChar>?, _: UnsafePointer<CChar>?,
    _: UnsafeMutablePointer<UInt32>?, _: hid_t, _: UnsafeMutableRawPointer?
) -> herr_t {
    -1
}
