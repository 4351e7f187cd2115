internal import CHDF5
package import H5Model

extension File {
    /// Makes a dataset without values, and the groups on the way to it. The corresponding C function is `H5Dcreate2`.
    package func createDataset(at path: ObjectPath, _ creation: DatasetCreation) throws(HDF5Error) {
        let operation = "making the dataset \(path)"
        try creation.checkMakable()
        let place = try newLink(at: path)
        let parts = try NewDataset(creation, in: self, operation)
        let name = place.name
        let group = try place.prepare()
        let links = try linkCreation(name)
        let id = H5Dcreate2(
            group.handle.id, try cString(name.bytes), parts.type.id, parts.space.id, links.id, parts.list.id, 0)
        if id < 0 { throw HDF5Error.refused(operation) }
        _ = try Object(id, at: path)
    }

    /// Makes a dataset to which no link leads; it is gone when it is closed, unless one is made.
    ///
    /// The corresponding C function is `H5Dcreate_anon`.
    package func createAnonymousDataset(_ creation: DatasetCreation) throws(HDF5Error) -> Dataset {
        let operation = "making an anonymous dataset"
        try creation.checkMakable()
        let parts = try NewDataset(creation, in: self, operation)
        let id = H5Dcreate_anon(handle.id, parts.type.id, parts.space.id, parts.list.id, 0)
        if id < 0 { throw HDF5Error.refused(operation) }
        return try Dataset(try Object(id, at: ObjectPath(names: ["(anonymous)"])), in: self)
    }
}

/// What libhdf5 takes to make a dataset.
private struct NewDataset: ~Copyable {
    let type: Handle
    let space: Handle
    let list: Handle

    init(_ creation: DatasetCreation, in file: borrowing File, _ operation: String) throws(HDF5Error) {
        for filter in creation.filters { try filter.checkEncodes() }
        let type = try file.storedType(creation.datatype, committedAt: creation.committedDatatype)
        let space = try newDataspace(creation.dataspace, operation)
        let list = try datasetCreation(creation, type: type.id, operation)
        for source in creation.sources { try source.add(to: list.id, of: space.id, operation) }
        self.type = type
        self.space = space
        self.list = list
    }
}

extension DatasetCreation {
    fileprivate func checkMakable() throws(HDF5Error) {
        do throws(ServiceError) {
            try check()
        } catch {
            throw HDF5Error(error)
        }
    }
}

/// The property list of a new dataset.
private func datasetCreation(
    _ creation: DatasetCreation, type: hid_t, _ operation: String
) throws(HDF5Error) -> Handle {
    let list = try Handle(H5Pcreate(chdf5_class_dataset_creation()), .propertyList, operation)
    try check(H5Pset_obj_track_times(list.id, creation.tracksTimes), operation)
    try check(H5Pset_fill_time(list.id, creation.fillTime.native), operation)
    if creation.tracksCreationOrder {
        try check(H5Pset_attr_creation_order(list.id, chdf5_creation_order_indexed()), operation)
    }
    switch creation.storedLayout {
    case .chunked(let chunk): try check(H5Pset_chunk(list.id, Int32(chunk.count), chunk.map { hsize_t($0) }), operation)
    case .compact: try check(H5Pset_layout(list.id, H5D_COMPACT), operation)
    case .contiguous, .virtual, .externalStorage: break
    }
    for filter in creation.filters {
        if try filter.add(to: list.id) < 0 {
            throw HDF5Error.refused("choosing filter \(filter.title) in \(operation)")
        }
    }
    if let fillValue = creation.fillValue, creation.storesFillValue {
        try setFillValue(fillValue, of: creation.datatype, type: type, in: list.id, operation)
    }
    return list
}

private func setFillValue(
    _ value: [UInt8], of datatype: Datatype, type: hid_t, in list: hid_t, _ operation: String
) throws(HDF5Error) {
    let subject = "the fill value"
    let writer = try ElementWriter(wire: datatype.packed(), stored: (datatype, type), subject: subject)
    try writer.writeAll(value, count: 1) { H5Pset_fill_value(list, $0, $1) }
}
