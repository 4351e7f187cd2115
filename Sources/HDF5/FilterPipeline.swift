internal import CHDF5
package import H5Model

extension Dataset {
    /// The filters, in the order in which a writer applies them. The corresponding C function is `H5Pget_filter2`.
    package func filters() throws(HDF5Error) -> [Filter] {
        var filters: [Filter] = []
        for index in 0..<UInt32(try check(H5Pget_nfilters(creation.id), "reading the filters of \(path)")) {
            filters.append(try filter(index))
        }
        return filters
    }

    private func filter(_ index: UInt32) throws(HDF5Error) -> Filter {
        var flags: UInt32 = 0
        var count = 32
        var parameters = [UInt32](repeating: 0, count: count)
        var name = [CChar](repeating: 0, count: 256)
        var id = H5Pget_filter2(creation.id, index, &flags, &count, &parameters, name.count, &name, nil)
        if id >= 0, count > parameters.count {
            parameters = Array(repeating: 0, count: count)
            id = H5Pget_filter2(creation.id, index, &flags, &count, &parameters, name.count, &name, nil)
        }
        try check(id, "reading the filters of \(path)")
        let stored = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return Filter(
            id: Int(id), name: Self.names[Int(id)] ?? stored, isOptional: flags & UInt32(H5Z_FLAG_OPTIONAL) != 0,
            parameters: Array(parameters.prefix(count)))
    }

    /// The first filter without which the chunks cannot be decoded, where there is one.
    func missingFilter() throws(HDF5Error) -> HDF5Error? {
        for filter in try filters() where H5Zfilter_avail(H5Z_filter_t(filter.id)) <= 0 {
            let name = filter.name.isEmpty ? "" : " (\(filter.name))"
            return HDF5Error(.unsupported, "\(path) needs filter \(filter.id)\(name), which this server does not have")
        }
        return nil
    }

    /// The field's names of the filters that HDF5 defines, and of the registered ones that are common.
    static let names = [
        1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 305: "lzo", 307: "bzip2",
        32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32017: "sz",
        32026: "blosc2",
    ]
}
