internal import CHDF5
package import H5Model

extension File {
    /// Commits a datatype, and makes the groups on the way to it. The corresponding C function is `H5Tcommit2`.
    package func commit(_ datatype: Datatype, at path: ObjectPath) throws(HDF5Error) {
        let operation = "committing the datatype \(path)"
        let place = try newLink(at: path)
        let type = try HDF5.storedType(datatype)
        let name = place.name
        let group = try place.prepare()
        let links = try linkCreation(name)
        let creation = try Handle(H5Pcreate(chdf5_class_datatype_creation()), .propertyList, operation)
        try check(H5Pset_obj_track_times(creation.id, false), operation)
        if H5Tcommit2(group.handle.id, try cString(name.bytes), type.id, links.id, creation.id, 0) < 0 {
            throw HDF5Error.refused(operation)
        }
    }

    /// The committed datatype at `path`, for what is made of it.
    package func committedDatatype(at path: ObjectPath) throws(HDF5Error) -> Object {
        do throws(HDF5Error) {
            let object = try object(at: path)
            try object.expect(.datatype)
            return object
        } catch {
            throw error.staying("a dataset or an attribute is made of a datatype of its own file")
        }
    }

    /// Makes an attribute of the object at `path`, or replaces it, as `Object.setAttribute` does.
    /// - Parameter committed: Where `datatype` is committed; nil for a type of the attribute's own.
    package func setAttribute(
        _ name: HDF5Name, of path: ObjectPath, _ dataspace: Dataspace, _ datatype: Datatype, _ committed: ObjectPath?,
        _ bytes: [UInt8]
    ) throws(HDF5Error) -> Bool {
        let object = try object(at: path)
        let type = try storedType(datatype, committedAt: committed)
        return try object.setAttribute(name, dataspace: dataspace, datatype: datatype, type: type, bytes: bytes)
    }

    /// The type with which a dataset or an attribute is created: the one committed at `path`, else one of its own.
    func storedType(_ datatype: Datatype, committedAt path: ObjectPath?) throws(HDF5Error) -> Handle {
        guard let path else { return try HDF5.storedType(datatype) }
        let object = try committedDatatype(at: path)
        guard try object.committedDatatype() == datatype else {
            throw HDF5Error(.invalid, "the datatype committed at \(path) is another one")
        }
        return object.intoHandle()
    }
}

extension Object {
    /// Makes the attribute of a datatype of its own, or replaces it.
    /// - Parameters:
    ///   - dataspace: Its maximum shape counts for nothing.
    ///   - bytes: The elements in the packed type, as described at `Value`; none for a null dataspace.
    /// - Returns: Whether it was not there before.
    package func setAttribute(
        _ name: HDF5Name, dataspace: Dataspace, datatype: Datatype, bytes: [UInt8]
    ) throws(HDF5Error) -> Bool {
        try setAttribute(name, dataspace: dataspace, datatype: datatype, type: try storedType(datatype), bytes: bytes)
    }

    /// The object's identifier alone.
    consuming func intoHandle() -> Handle { handle }

    /// Everything that describes the committed datatype that the object is.
    package func datatypeInfo() throws(HDF5Error) -> DatatypeInfo {
        DatatypeInfo(
            datatype: try committedDatatype(), attributeCount: Int(clamping: try facts().attribute_count))
    }
}

/// The committed datatype that a stored type is; nil where it is none.
///
/// The corresponding C function is `H5Tcommitted`.
func commitment(of type: hid_t, _ subject: @autoclosure () -> String) throws(HDF5Error) -> CommittedDatatype? {
    guard try check(H5Tcommitted(type), "reading the datatype of \(subject())") > 0 else { return nil }
    return CommittedDatatype(path: try path(of: type, "the datatype of \(subject())"))
}

/// A path that leads to an open object; nil where none does.
///
/// The corresponding C function is `H5Iget_name`, which looks for the object in the whole file where it was not reached
/// by a path.
func path(of object: hid_t, _ subject: @autoclosure () -> String) throws(HDF5Error) -> ObjectPath? {
    let length = try check(H5Iget_name(object, nil, 0), "looking for the path of \(subject())")
    if length == 0 { return nil }
    var name = [CChar](repeating: 0, count: length + 1)
    try check(H5Iget_name(object, &name, name.count), "looking for the path of \(subject())")
    return ObjectPath(bytes: name.dropLast().map(UInt8.init(bitPattern:)))
}
