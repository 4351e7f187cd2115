internal import CHDF5
package import H5Model

extension FileCreation {
    /// Throws where libhdf5 would take something else, or say no in its own words.
    func check() throws(HDF5Error) {
        guard userBlockSize == 0 || userBlockSize >= 512 && userBlockSize & (userBlockSize - 1) == 0 else {
            throw HDF5Error(
                .invalid, "a user block has 0, 512 or a larger power of two bytes, not \(userBlockSize)")
        }
        guard libver.low <= libver.high, libver.high != .earliest else {
            throw HDF5Error(
                .invalid, "libver \(libver.low.rawValue), \(libver.high.rawValue) are not a lower and an upper bound")
        }
    }

    /// The corresponding C functions are `H5Pset_userblock`, `H5Pset_link_creation_order` and
    /// `H5Pset_attr_creation_order`.
    func propertyList() throws(HDF5Error) -> Handle {
        let list = try Handle(H5Pcreate(chdf5_class_file_creation()), .propertyList, "preparing a new file")
        try HDF5.check(H5Pset_userblock(list.id, hsize_t(userBlockSize)), "setting the user block")
        if tracksCreationOrder {
            let (order, operation) = (chdf5_creation_order_indexed(), "tracking the order of creation")
            try HDF5.check(H5Pset_link_creation_order(list.id, order), operation)
            try HDF5.check(H5Pset_attr_creation_order(list.id, order), operation)
        }
        return list
    }
}

extension HDF5Library {
    /// The property list for an open that writes. The corresponding C function is `H5Pset_libver_bounds`.
    func writingAccess(_ bounds: (low: FormatVersion, high: FormatVersion)) throws(HDF5Error) -> Handle {
        let list = try Handle(H5Pcopy(fileAccess.id), .propertyList, "preparing to write")
        try check(H5Pset_libver_bounds(list.id, bounds.low.library, bounds.high.library), "setting the format's bounds")
        return list
    }
}

extension File {
    /// The oldest and the newest format in which objects are written. The corresponding C function is
    /// `H5Pget_libver_bounds`.
    package func formatBounds() throws(HDF5Error) -> (low: FormatVersion, high: FormatVersion) {
        let operation = "reading the format's bounds of \(access.title)"
        let list = try Handle(H5Fget_access_plist(handle.id), .propertyList, operation)
        var (low, high) = (H5F_LIBVER_EARLIEST, H5F_LIBVER_EARLIEST)
        try check(H5Pget_libver_bounds(list.id, &low, &high), operation)
        return (FormatVersion(low), FormatVersion(high))
    }
}

extension FormatVersion {
    /// A format newer than those that are written here counts as the newest.
    fileprivate init(_ version: H5F_libver_t) {
        self = Self.allCases.first { $0.library == version } ?? .v110
    }

    fileprivate var library: H5F_libver_t {
        switch self {
        case .earliest: H5F_LIBVER_EARLIEST
        case .v18: H5F_LIBVER_V18
        case .v110: H5F_LIBVER_V110
        }
    }
}
