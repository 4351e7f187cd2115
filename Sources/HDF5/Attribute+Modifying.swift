internal import CHDF5
package import H5Model

extension Object {
    /// Gives an attribute other values of its shape and datatype. The corresponding C function is `H5Awrite`.
    /// - Parameter bytes: The elements in the packed type, as described at `Value`.
    package func modifyAttribute(_ name: HDF5Name, _ bytes: [UInt8]) throws(HDF5Error) {
        let subject = "the attribute \"\(name)\" of \(path)"
        let info = try attribute(name, limit: .max).info
        let attribute = try Handle(H5Aopen(handle.id, try cString(name.bytes), 0), .attribute, "reading \(subject)")
        let type = try Handle(H5Aget_type(attribute.id), .datatype, "reading \(subject)")
        guard let count = info.dataspace.shape?.elementCount else {
            throw HDF5Error(.invalid, "\(subject) has a null dataspace, which holds no value")
        }
        guard let writer = try attributeWriter((info.datatype, type.id), subject, bytes, count: count) else { return }
        try writer.writeAll(bytes, count: count) { H5Awrite(attribute.id, $0, $1) }
    }
}
