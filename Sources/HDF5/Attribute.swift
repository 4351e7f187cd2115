internal import CHDF5
internal import Glibc
package import H5Model

extension Object {
    /// All attributes with their values, in the order of creation where the object tracks it, else by name.
    /// - Parameter limit: The most bytes that one value may take.
    package func attributes(limit: Int) throws(HDF5Error) -> [Attribute] {
        var attributes: [Attribute] = []
        for name in try attributeNames() { attributes.append(try attribute(name, limit: limit)) }
        return attributes
    }

    /// The names of all attributes, in the order of creation where the object tracks it, else by name.
    package func attributeNames() throws(HDF5Error) -> [HDF5Name] {
        var listing = AttributeListing()
        let status = withUnsafeMutablePointer(to: &listing) { listing in
            H5Aiterate2(handle.id, H5_INDEX_NAME, H5_ITER_INC, nil, collect, listing)
        }
        try check(status, "listing the attributes of \(path)")
        if listing.entries.count > 1, try tracksAttributeOrder() { listing.entries.sort { $0.order < $1.order } }
        return listing.entries.map { HDF5Name(bytes: $0.name.dropLast().map(UInt8.init(bitPattern:))) }
    }

    private func tracksAttributeOrder() throws(HDF5Error) -> Bool {
        let id =
            switch kind {
            case .group: H5Gget_create_plist(handle.id)
            case .dataset: H5Dget_create_plist(handle.id)
            case .datatype: H5Tget_create_plist(handle.id)
            }
        let creation = try Handle(id, .propertyList, "listing the attributes of \(path)")
        var flags: UInt32 = 0
        try check(H5Pget_attr_creation_order(creation.id, &flags), "listing the attributes of \(path)")
        return flags & UInt32(H5P_CRT_ORDER_TRACKED) != 0
    }

    /// The attribute of that name with its value.
    package func attribute(_ name: HDF5Name, limit: Int) throws(HDF5Error) -> Attribute {
        try attribute(try cString(name.bytes), limit: limit)
    }

    private func attribute(_ text: [CChar], limit: Int) throws(HDF5Error) -> Attribute {
        let name = HDF5Name(bytes: text.dropLast().map(UInt8.init(bitPattern:)))
        let subject = "the attribute \"\(name)\" of \(path)"
        let id = H5Aopen(handle.id, text, hid_t(0))
        if id < 0 {
            let failure = HDF5Error.latest("reading \(subject)")
            guard H5Aexists(handle.id, text) == 0 else { throw failure }
            throw HDF5Error(.missing, "\(path) has no attribute \"\(name)\"")
        }
        let attribute = try Handle(id, .attribute, "reading \(subject)")
        let type = try Handle(H5Aget_type(attribute.id), .datatype, "reading \(subject)")
        let space = try Handle(H5Aget_space(attribute.id), .dataspace, "reading \(subject)")
        let info = AttributeInfo(
            name: name, dataspace: try dataspace(space.id, of: path), datatype: try datatype(type.id, of: path),
            committedDatatype: try commitment(of: type.id, subject))
        return Attribute(info: info, value: try value(of: attribute.id, type.id, info, subject, limit))
    }

    private func value(
        of attribute: hid_t, _ type: hid_t, _ info: AttributeInfo, _ subject: String, _ limit: Int
    ) throws(HDF5Error) -> Value? {
        let wire = info.datatype.packed()
        guard let shape = info.dataspace.shape, wire.unsupportedReason == nil else { return nil }
        guard let count = shape.elementCount else {
            throw HDF5Error(.tooLarge, "\(subject) has more elements than can be counted")
        }
        let references = try ReferenceReader(handle.id, for: wire)
        let reader = ElementReader(
            count: count, wire: wire, limit: limit, subject: subject, references: references)
        let bytes = try reader.read(stored: (info.datatype, type), isZeroed: true) { memory, place in
            H5Aread(attribute, memory, place)
        }
        return Value(datatype: wire, shape: shape, bytes: bytes)
    }
}

/// What the iteration's visitor collects.
private struct AttributeListing {
    /// The names, each with its NUL. Old files have an order of creation that means nothing.
    var entries: [(name: [CChar], order: UInt32)] = []

    mutating func append(_ name: UnsafePointer<CChar>, _ info: H5A_info_t) {
        entries.append((Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)), info.corder))
    }
}

private func collect(
    _: hid_t, name: UnsafePointer<CChar>?, info: UnsafePointer<H5A_info_t>?, context: UnsafeMutableRawPointer?
) -> herr_t {
    guard let name, let info, let context else { return -1 }
    context.assumingMemoryBound(to: AttributeListing.self).pointee.append(name, info.pointee)
    return 0
}
