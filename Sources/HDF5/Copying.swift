internal import CHDF5
package import H5Model

extension File {
    /// Copies the object at `source` of a file to a new place in this one, with everything below it; groups on the way to
    /// the place are made. The corresponding C function is `H5Ocopy`.
    package func copy(
        _ source: ObjectPath, of file: borrowing File, to path: ObjectPath, _ options: CopyOptions
    ) throws(HDF5Error) {
        try copy(source, of: file.handle.id, file.access.title, to: path, options)
    }

    /// The same from a file that is asked for by its name: below the served directory, with a leading slash.
    package func copy(
        _ source: ObjectPath, ofFile name: [UInt8], to path: ObjectPath, _ options: CopyOptions
    ) throws(HDF5Error) {
        guard let other = try access.other(name) else {
            let title = String(decoding: name.drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
            throw HDF5Error(.missing, "no file \(title), from which to copy")
        }
        if other === access { return try copy(source, of: handle.id, access.title, to: path, options) }
        let opened = try library.open(other)
        try copy(source, of: opened.id, other.title, to: path, options)
        try opened.close("closing \(other.title)")
    }

    private func copy(
        _ source: ObjectPath, of file: hid_t, _ title: String, to path: ObjectPath, _ options: CopyOptions
    ) throws(HDF5Error) {
        let links = library.linkAccess.id
        let probe = H5Oopen(file, try cString(source.bytes), links)
        if probe < 0 {
            let failure = HDF5Error.latest("opening \(source) of \(title)")
            throw PathDiagnosis(file: file, links: links, wanted: source, failure: failure).reason()
                .staying("what is copied is named in its own file")
        }
        try copy(try Object(probe, at: source), of: title, to: path, options)
    }

    /// Copies an open object, of this file or of another.
    /// - Parameter title: The name of the object's file.
    package func copy(
        _ object: borrowing Object, of title: String, to path: ObjectPath, _ options: CopyOptions
    ) throws(HDF5Error) {
        let inspection = try CopyInspection(object, options, library.linkAccess.id)
        let place = try newLink(at: path)
        let creation = try linkCreation(place.name)
        let operation = "copying \(object.path) of \(title) to \(path)"
        try check(H5Pset_create_intermediate_group(creation.id, 1), operation)
        let list = try options.list(operation, inspection)
        let status = H5Ocopy(
            object.handle.id, ".", handle.id, try cString(path.bytes), list.id, creation.id)
        if status < 0 { throw HDF5Error.refused(operation) }
        guard inspection.hasDenseText else { return }
        let file = try Handle(H5Iget_file_id(object.handle.id), .file, operation)
        var attributes = AttributeCopy(
            isInSameFile: file.id == handle.id, isShallow: options.isShallow, library.linkAccess.id)
        try attributes.copy(object, to: try self.object(at: path))
    }
}

extension CopyOptions {
    private var expands: Bool { expandsSoftLinks || expandsExternalLinks || expandsReferences }

    /// What `H5Ocopy` is called with: without attributes where `AttributeCopy` is to follow.
    /// - Throws: `unsupported` where libhdf5 cannot make the copy.
    func list(_ operation: String, _ inspection: CopyInspection) throws(HDF5Error) -> Handle {
        if inspection.hasDenseText, expands {
            throw HDF5Error(
                .unsupported,
                "\(operation): an object has many attributes, one of them of a variable length, and libhdf5 cannot copy "
                    + "them where links or references are expanded")
        }
        if inspection.datatypes == (true, true) {
            throw HDF5Error(
                .unsupported,
                "\(operation): there are committed datatypes in the old and in the newer format, which libhdf5 cannot "
                    + "copy at once")
        }
        var flags = flags
        if inspection.hasDenseText { flags |= chdf5_copy_without_attributes() }
        // Without empty messages libhdf5 1.10.8 leaves a gap in short headers of the old format (those of committed
        // strings), and with them in ones of the newer format; libhdf5 2.0 takes either for damage.
        if inspection.datatypes.short { flags |= chdf5_copy_null_messages() }
        let list = try Handle(H5Pcreate(chdf5_class_object_copy()), .propertyList, operation)
        try check(H5Pset_copy_object(list.id, flags), operation)
        return list
    }

    private var flags: UInt32 {
        var flags: UInt32 = 0
        if isShallow { flags |= chdf5_copy_shallow() }
        if expandsSoftLinks { flags |= chdf5_copy_soft_links() }
        if expandsExternalLinks { flags |= chdf5_copy_external_links() }
        if expandsReferences { flags |= chdf5_copy_references() }
        if leavesAttributes { flags |= chdf5_copy_without_attributes() }
        return flags
    }
}
