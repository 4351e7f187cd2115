internal import CHDF5
internal import Glibc
package import H5Model

/// One link as an iteration over a group tells of it.
struct LinkEntry {
    var name: [CChar]
    var type: H5L_type_t
    /// Bytes of a soft or external link's value.
    var valueSize: Int
    /// The address of what a hard link leads to.
    var address: UInt64

    var bytes: [UInt8] { name.dropLast().map(UInt8.init(bitPattern:)) }
}

extension Object {
    /// The corresponding C functions are `H5Gget_info` and `H5Oget_info`.
    package func groupInfo() throws(HDF5Error) -> GroupInfo {
        try expect(.group)
        var info = H5G_info_t()
        try check(H5Gget_info(handle.id, &info), "reading \(path)")
        return GroupInfo(
            memberCount: Int(clamping: info.nlinks), attributeCount: Int(clamping: try facts().attribute_count),
            tracksCreationOrder: try tracksCreationOrder())
    }

    func tracksCreationOrder() throws(HDF5Error) -> Bool {
        let creation = try Handle(H5Gget_create_plist(handle.id), .propertyList, "reading \(path)")
        var flags: UInt32 = 0
        try check(H5Pget_link_creation_order(creation.id, &flags), "reading \(path)")
        return flags & UInt32(H5P_CRT_ORDER_TRACKED) != 0
    }

    /// The group's links, in the order of creation where the group tracks it, else by name.
    ///
    /// One iteration, whatever the page: asking for links by index costs a pass over the group for each.
    ///
    /// - Parameter after: The link after which to begin. Where links are ordered by name it need not be there any more;
    ///   where they are ordered by creation it must be.
    func links(after: HDF5Name?, limit: Int, _ links: hid_t) throws(HDF5Error) -> (entries: [LinkEntry], hasMore: Bool)
    {
        try expect(.group)
        let isByCreation = try tracksCreationOrder()
        var listing = LinkListing(limit: limit)
        if let after {
            listing.after = try cString(after.bytes)
            if isByCreation { listing.afterOrder = try creationOrder(of: after, links) }
        }
        let index = isByCreation ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME
        let status = withUnsafeMutablePointer(to: &listing) { listing in
            chdf5_iterate(handle.id, index, nil, collect, listing)
        }
        try check(status, "listing \(path)")
        return (listing.entries, listing.hasMore)
    }

    private func creationOrder(of name: HDF5Name, _ links: hid_t) throws(HDF5Error) -> Int64 {
        guard try hasLink(name, links) else {
            throw HDF5Error(.missing, "\(path) has no link \"\(name)\" after which the listing could go on")
        }
        var info = chdf5_link_info()
        try check(chdf5_link(handle.id, try cString(name.bytes), &info, links), "reading a link of \(path)")
        return info.corder
    }
}

/// What the iteration's visitor collects.
private struct LinkListing {
    let limit: Int
    var after: [CChar]?
    var afterOrder: Int64?
    var entries: [LinkEntry] = []
    var hasMore = false

    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: Whether to go on.
    mutating func visit(_ name: UnsafePointer<CChar>, _ info: chdf5_link_info) -> Bool {
        if let afterOrder {
            if info.corder <= afterOrder { return true }
        } else if let after, isAtMost(name, after) {
            return true
        }
        guard entries.count < limit else {
            hasMore = true
            return false
        }
        let text = Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1))
        let address = withUnsafePointer(to: info, chdf5_link_address)
        entries.append(LinkEntry(name: text, type: info.type, valueSize: info.u.val_size, address: address))
        return true
    }

    private func isAtMost(_ name: UnsafePointer<CChar>, _ after: [CChar]) -> Bool {
        strcmp(name, after) <= 0
    }
}

private func collect(
    _: hid_t, name: UnsafePointer<CChar>?, info: UnsafePointer<chdf5_link_info>?, context: UnsafeMutableRawPointer?
) -> herr_t {
    guard let name, let info, let context else { return -1 }
    return context.assumingMemoryBound(to: LinkListing.self).pointee.visit(name, info.pointee) ? 0 : 1
}
