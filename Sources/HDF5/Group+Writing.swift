internal import CHDF5
package import H5Model

extension File {
    /// Makes a group, and those on the way to it. The corresponding C function is `H5Gcreate2`.
    package func createGroup(at path: ObjectPath, tracksCreationOrder: Bool) throws(HDF5Error) {
        let place = try newLink(at: path)
        let name = place.name
        let group = try place.prepare()
        let creation = try groupCreation(tracksLinks: tracksCreationOrder, tracksAttributes: tracksCreationOrder)
        let links = try linkCreation(name)
        let id = H5Gcreate2(group.handle.id, try cString(name.bytes), links.id, creation.id, 0)
        if id < 0 { throw HDF5Error.refused("making the group \(path)") }
        _ = try Object(id, at: path)
    }
}

/// The property list of a new group, without time stamps.
///
/// The corresponding C functions are `H5Pset_link_creation_order` and `H5Pset_attr_creation_order`.
func groupCreation(tracksLinks: Bool, tracksAttributes: Bool) throws(HDF5Error) -> Handle {
    let list = try Handle(H5Pcreate(chdf5_class_group_creation()), .propertyList, "preparing a group")
    try check(H5Pset_obj_track_times(list.id, false), "preparing a group")
    if tracksLinks {
        try check(H5Pset_link_creation_order(list.id, chdf5_creation_order_indexed()), "preparing a group")
    }
    if tracksAttributes {
        try check(H5Pset_attr_creation_order(list.id, chdf5_creation_order_indexed()), "preparing a group")
    }
    return list
}
