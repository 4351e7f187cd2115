internal import CHDF5
internal import Glibc
package import H5Model

extension Object {
    /// All attributes with their values, in the order of creation where the object tracks it, else by name.
    /// - Parameter limit: The most bytes that one value may take.
    package func attributes(limit: Int) throws(HDF5Error) -> [Attribute] {
        var listing = AttributeListing()
        let status = withUnsafeMutablePointer(to: &listing) { listing in
            H5Aiterate2(handle.id, H5_INDEX_NAME, H5_ITER_INC, nil, collect, listing)
        }
        try check(status, "listing the attributes of \(path)")
        var attributes: [Attribute] = []
        for name in listing.names { attributes.append(try attribute(name, limit: limit)) }
        return attributes
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
            name: name, dataspace: try dataspace(space.id, of: path), datatype: try datatype(type.id, of: path))
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
        let reader = ElementReader(count: count, wire: wire, limit: limit, subject: subject)
        let bytes = try reader.read(stored: (info.datatype, type), isZeroed: true) { memory, place in
            H5Aread(attribute, memory, place)
        }
        return Value(datatype: wire, shape: shape, bytes: bytes)
    }
}

/// What the iteration's visitor collects.
private struct AttributeListing {
    private var entries: [(name: [CChar], order: UInt32?)] = []

    mutating func append(_ name: UnsafePointer<CChar>, _ info: H5A_info_t) {
        let text = Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1))
        entries.append((text, info.corder_valid ? info.corder : nil))
    }

    /// The names, each with its NUL.
    var names: [[CChar]] {
        guard entries.allSatisfy({ $0.order != nil }) else { return entries.map(\.name) }
        return entries.sorted { ($0.order ?? 0) < ($1.order ?? 0) }.map(\.name)
    }
}

private func collect(
    _: hid_t, name: UnsafePointer<CChar>?, info: UnsafePointer<H5A_info_t>?, context: UnsafeMutableRawPointer?
) -> herr_t {
    guard let name, let info, let context else { return -1 }
    context.assumingMemoryBound(to: AttributeListing.self).pointee.append(name, info.pointee)
    return 0
}
