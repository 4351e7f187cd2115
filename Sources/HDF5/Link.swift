internal import CHDF5
package import H5Model

extension Object {
    /// Whether this group has a link of that name, whatever it leads to.
    func hasLink(_ name: HDF5Name, _ links: hid_t) throws(HDF5Error) -> Bool {
        try check(H5Lexists(handle.id, try cString(name.bytes), links), "reading the links of \(path)") > 0
    }

    /// The link of that name in this group. The corresponding C function is `H5Lget_info`.
    func link(_ name: HDF5Name, _ links: hid_t) throws(HDF5Error) -> Link {
        var info = chdf5_link_info()
        let text = try cString(name.bytes)
        try check(chdf5_link(handle.id, text, &info, links), "reading the link \(path.appending(name))")
        return try link(text, info.type, info.u.val_size, links)
    }

    /// The link whose kind and size an iteration has told already.
    func link(_ name: [CChar], _ type: H5L_type_t, _ size: Int, _ links: hid_t) throws(HDF5Error) -> Link {
        switch type {
        case H5L_TYPE_HARD: return .hard
        case H5L_TYPE_SOFT: return .soft(target: text(try linkValue(name, size, links)[...]))
        case H5L_TYPE_EXTERNAL: return try externalLink(try linkValue(name, size, links))
        default: return .userDefined(classNumber: Int(type.rawValue))
        }
    }

    private func linkValue(_ name: [CChar], _ size: Int, _ links: hid_t) throws(HDF5Error) -> [UInt8] {
        var value = [UInt8](repeating: 0, count: size)
        try check(H5Lget_val(handle.id, name, &value, size, links), "reading a link of \(path)")
        return value
    }

    private func externalLink(_ value: [UInt8]) throws(HDF5Error) -> Link {
        // One byte of version and flags, the file's name, the object's path; both end with NUL.
        let parts = value.dropFirst().split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw HDF5Error(.damaged, "an external link of \(path) makes no sense") }
        return .external(file: Array(parts[0]), target: text(parts[1]))
    }

    private func text(_ value: ArraySlice<UInt8>) -> [UInt8] {
        Array(value.prefix { $0 != 0 })
    }
}

extension File {
    /// The group that holds the link at `path`.
    func holder(of path: ObjectPath) throws(HDF5Error) -> Object {
        do throws(HDF5Error) {
            return try group(at: path.parent)
        } catch {
            throw error.followed(by: path.names.suffix(1))
        }
    }

    /// The link at `path` itself, whatever it leads to.
    package func link(at path: ObjectPath) throws(HDF5Error) -> Link {
        guard let name = path.lastName else { throw HDF5Error(.invalid, "the root group / is not a link") }
        let group = try holder(of: path)
        guard name != ".", try group.hasLink(name, library.linkAccess.id) else {
            throw HDF5Error(.missing, "no link at \(path)")
        }
        return try group.link(name, library.linkAccess.id)
    }
}
