internal import CHDF5
internal import H5Model

extension Filter {
    private static let szipMethods = UInt32(H5_SZIP_EC_OPTION_MASK | H5_SZIP_NN_OPTION_MASK)

    /// The filter for a message.
    var title: String {
        let name = name.isEmpty ? Dataset.names[id] ?? "" : name
        return name.isEmpty ? "\(id)" : "\(id) (\(name))"
    }

    private var isThere: Bool { H5Zfilter_avail(H5Z_filter_t(id)) > 0 }

    private var encodes: Bool {
        var flags: UInt32 = 0
        return isThere && H5Zget_filter_info(H5Z_filter_t(id), &flags) >= 0
            && flags & UInt32(H5Z_FILTER_CONFIG_ENCODE_ENABLED) != 0
    }

    /// Throws where this process cannot write with the filter. The corresponding C function is `H5Zget_filter_info`.
    func checkEncodes() throws(HDF5Error) {
        guard isThere else { throw HDF5Error(.unsupported, "filter \(title) is not one that this server has") }
        guard encodes else {
            throw HDF5Error(.unsupported, "filter \(title) can be read by this server, but not written")
        }
    }

    /// Adds the filter to a dataset's property list, the ones that HDF5 defines as their own functions do.
    func add(to list: hid_t) throws(HDF5Error) -> herr_t {
        switch H5Z_filter_t(id) {
        case H5Z_FILTER_DEFLATE: return H5Pset_deflate(list, try parameter(0))
        case H5Z_FILTER_SHUFFLE: return H5Pset_shuffle(list)
        case H5Z_FILTER_FLETCHER32: return H5Pset_fletcher32(list)
        case H5Z_FILTER_SZIP: return H5Pset_szip(list, try parameter(0) & Self.szipMethods, try parameter(1))
        case H5Z_FILTER_NBIT: return H5Pset_nbit(list)
        case H5Z_FILTER_SCALEOFFSET:
            return H5Pset_scaleoffset(
                list, H5Z_SO_scale_type_t(rawValue: try parameter(0)), Int32(bitPattern: try parameter(1)))
        default:
            let flags = UInt32(isOptional ? H5Z_FLAG_OPTIONAL : H5Z_FLAG_MANDATORY)
            return H5Pset_filter(list, H5Z_filter_t(id), flags, parameters.count, parameters)
        }
    }

    private func parameter(_ index: Int) throws(HDF5Error) -> UInt32 {
        guard index < parameters.count else {
            throw HDF5Error(.invalid, "filter \(title) needs \(index + 1) parameters at least")
        }
        return parameters[index]
    }
}

extension Dataset {
    /// Throws where the dataset's filters cannot write its chunks.
    func checkEncodes() throws(HDF5Error) {
        let filters = try filters()
        for filter in filters { try filter.checkEncodes() }
        if filters.hasSzipOfOtherBytes {
            throw HDF5Error(
                .unsupported,
                "\(path) has a filter before szip that changes the number of bytes; writing it is not supported")
        }
    }
}
