internal import CHDF5
package import H5Model

extension Object {
    /// Makes the attribute with its value, or replaces it. The corresponding C functions are `H5Acreate2` and `H5Awrite`.
    /// - Parameters:
    ///   - dataspace: Its maximum shape counts for nothing.
    ///   - type: libhdf5's type for `datatype`, of the attribute's own or a committed one.
    ///   - bytes: The elements in the packed type, as described at `Value`; none for a null dataspace.
    /// - Returns: Whether it was not there before.
    func setAttribute(
        _ name: HDF5Name, dataspace: Dataspace, datatype: Datatype, type: borrowing Handle, bytes: [UInt8]
    ) throws(HDF5Error) -> Bool {
        let subject = "the attribute \"\(name)\" of \(path)"
        do throws(ServiceError) {
            try name.checkAttribute()
            try dataspace.checkStorable(elementSize: try datatype.checkStorable())
        } catch {
            throw HDF5Error(error)
        }
        let space = try newDataspace(dataspace.withoutMaximum, "making \(subject)")
        let count = dataspace.shape?.elementCount ?? 0
        let writer = try attributeWriter((datatype, type.id), subject, bytes, count: count)
        let text = try cString(name.bytes)
        let exists = try check(H5Aexists(handle.id, text), "reading \(subject)") > 0
        if exists { try check(H5Adelete(handle.id, text), "replacing \(subject)") }
        let creation = try attributeCreation(name)
        let id = H5Acreate2(handle.id, text, type.id, space.id, creation.id, 0)
        if id < 0 { throw HDF5Error.refused("making \(subject)") }
        let attribute = try Handle(id, .attribute, "making \(subject)")
        if let writer { try writer.writeAll(bytes, count: count) { H5Awrite(attribute.id, $0, $1) } }
        return !exists
    }

    /// What writes the value; nil where there are no elements.
    func attributeWriter(
        _ stored: (type: Datatype, id: hid_t), _ subject: String, _ bytes: [UInt8], count: Int
    ) throws(HDF5Error) -> ElementWriter? {
        if count == 0 {
            if bytes.isEmpty { return nil }
            throw HDF5Error(.invalid, "\(subject) has no elements, and so takes no bytes")
        }
        let references = try ReferenceWriter(handle.id, for: stored.type)
        let writer = try ElementWriter(
            wire: stored.type.packed(), stored: stored, subject: subject, references: references)
        try writer.check(bytes, count: count)
        return writer
    }

    private func attributeCreation(_ name: HDF5Name) throws(HDF5Error) -> Handle {
        let list = try Handle(H5Pcreate(chdf5_class_attribute_creation()), .propertyList, "preparing an attribute")
        try check(H5Pset_char_encoding(list.id, name.characterSet), "preparing an attribute")
        return list
    }

    /// The corresponding C function is `H5Adelete`.
    package func removeAttribute(_ name: HDF5Name) throws(HDF5Error) {
        let text = try cString(name.bytes)
        let subject = "the attribute \"\(name)\" of \(path)"
        guard !name.bytes.isEmpty, try check(H5Aexists(handle.id, text), "reading \(subject)") > 0 else {
            throw HDF5Error(.missing, "\(path) has no attribute \"\(name)\"")
        }
        try check(H5Adelete(handle.id, text), "removing \(subject)")
    }
}

/// Makes libhdf5's dataspace of a value. The corresponding C function is `H5Screate_simple`.
func newDataspace(_ dataspace: Dataspace, _ operation: String) throws(HDF5Error) -> Handle {
    switch dataspace {
    case .null: return try Handle(H5Screate(H5S_NULL), .dataspace, operation)
    case .scalar: return try Handle(H5Screate(H5S_SCALAR), .dataspace, operation)
    case .simple(let shape, let maximum):
        let extents = shape.map { hsize_t($0) }
        let limits = maximum.map { $0.map { hsize_t($0) } ?? chdf5_unlimited() }
        return try Handle(H5Screate_simple(Int32(shape.count), extents, limits), .dataspace, operation)
    }
}

extension Dataspace {
    fileprivate var withoutMaximum: Dataspace {
        guard case .simple(let shape, _) = self else { return self }
        return .simple(shape, maximum: shape)
    }
}
