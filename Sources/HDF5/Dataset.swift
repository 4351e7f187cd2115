internal import CHDF5
package import H5Model

/// One open dataset with what every use of it needs.
package struct Dataset: ~Copyable {
    package let object: Object
    let type: Handle
    let creation: Handle
    package let access: FileAccess
    let library: HDF5Library
    package let dataspace: Dataspace
    package let datatype: Datatype
    package let layout: Layout

    /// Takes over an open object.
    package init(_ object: consuming Object, in file: borrowing File) throws(HDF5Error) {
        try object.expect(.dataset)
        let path = object.path
        let id = object.handle.id
        let creation = try Handle(H5Dget_create_plist(id), .propertyList, "reading the layout of \(path)")
        let (access, library) = (object.access ?? file.access, file.library)
        try inspectGrowth(of: id, creation.id, path, access, library)
        let space = try Handle(H5Dget_space(id), .dataspace, "reading the shape of \(path)")
        if let failure = file.access.takeFailure() { throw failure }
        let type = try Handle(H5Dget_type(id), .datatype, "reading the datatype of \(path)")
        let dataspace = try HDF5.dataspace(space.id, of: path)
        let datatype = try HDF5.datatype(type.id, of: path)
        let layout = try HDF5.layout(of: id, creation: creation.id, path)
        self.dataspace = dataspace
        self.datatype = datatype
        self.layout = layout
        self.type = type
        self.creation = creation
        self.access = access
        self.library = library
        self.object = object
    }

    package var path: ObjectPath { object.path }

    /// Everything that describes the dataset; counting a chunked one's storage is a pass over its chunks.
    package func info() throws(HDF5Error) -> DatasetInfo {
        DatasetInfo(
            dataspace: dataspace, datatype: datatype, committedDatatype: try commitment(of: type.id, "\(path)"),
            layout: layout, filters: try filters(),
            fillValue: try fillValue(), storesFillValue: try fillState() == H5D_FILL_VALUE_USER_DEFINED,
            fillTime: try fillTime(), tracksTimes: try tracksTimes(), tracksCreationOrder: try tracksCreationOrder(),
            storageSize: Int(clamping: H5Dget_storage_size(object.handle.id)),
            attributeCount: Int(clamping: try object.facts().attribute_count), sources: try sources())
    }

    /// One element on the wire; nil where none is defined or its type's values are unsupported.
    private func fillValue() throws(HDF5Error) -> [UInt8]? {
        let wire = datatype.packed()
        guard try fillState() != H5D_FILL_VALUE_UNDEFINED, wire.unsupportedReason == nil else { return nil }
        let reader = ElementReader(
            count: 1, wire: wire, limit: .max, subject: "the fill value of \(path)",
            references: try ReferenceReader(object.handle.id, for: wire))
        return try reader.read(stored: (datatype, type.id), isZeroed: true) { memory, place in
            H5Pget_fill_value(creation.id, memory, place)
        }
    }
}

extension File {
    /// Opens the dataset that `path` leads to. The corresponding C function is `H5Dopen2`.
    package func dataset(at path: ObjectPath) throws(HDF5Error) -> Dataset {
        try Dataset(try object(at: path), in: self)
    }
}

/// How the dataset's elements lie in the file.
private func layout(of dataset: hid_t, creation: hid_t, _ path: ObjectPath) throws(HDF5Error) -> Layout {
    let operation = "reading the layout of \(path)"
    switch H5Pget_layout(creation) {
    case H5D_COMPACT:
        return .compact
    case H5D_CONTIGUOUS:
        if try check(H5Pget_external_count(creation), operation) > 0 { return .externalStorage }
        let offset = H5Dget_offset(dataset)
        return .contiguous(offset: offset == chdf5_undefined_address() ? nil : Int(exactly: offset))
    case H5D_CHUNKED:
        var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
        let rank = try check(H5Pget_chunk(creation, Int32(extents.count), &extents), operation)
        return .chunked(extents.prefix(Int(rank)).map { Int(clamping: $0) })
    case H5D_VIRTUAL:
        var count = 0
        try check(H5Pget_virtual_count(creation, &count), operation)
        return .virtual(sourceCount: count)
    default:
        throw HDF5Error.latest(operation)
    }
}
