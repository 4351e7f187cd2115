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
        let place = try newLink(at: path)
        let creation = try linkCreation(place.name)
        let operation = "copying \(object.path) of \(title) to \(path)"
        try check(H5Pset_create_intermediate_group(creation.id, 1), operation)
        let list = try Handle(H5Pcreate(chdf5_class_object_copy()), .propertyList, operation)
        try check(H5Pset_copy_object(list.id, options.flags), operation)
        let status = H5Ocopy(
            object.handle.id, ".", handle.id, try cString(path.bytes), list.id, creation.id)
        if status < 0 { throw HDF5Error.refused(operation) }
    }
}

extension CopyOptions {
    fileprivate var flags: UInt32 {
        var flags: UInt32 = 0
        if isShallow { flags |= chdf5_copy_shallow() }
        if expandsSoftLinks { flags |= chdf5_copy_soft_links() }
        if expandsExternalLinks { flags |= chdf5_copy_external_links() }
        if expandsReferences { flags |= chdf5_copy_references() }
        if leavesAttributes { flags |= chdf5_copy_without_attributes() }
        return flags
    }
}
