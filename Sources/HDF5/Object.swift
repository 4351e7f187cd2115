internal import CHDF5
package import H5Model

/// An open group, dataset or committed datatype.
package struct Object: ~Copyable {
    let handle: Handle
    package let kind: ObjectKind
    /// How the object was reached, for messages.
    package let path: ObjectPath
    /// Another file in which the object lies; nil for one of the file that was meant.
    var access: FileAccess?

    /// Takes over the identifier of an object that libhdf5 has just opened.
    init(_ id: hid_t, at path: ObjectPath) throws(HDF5Error) {
        let handle = try Handle(id, .object, "opening \(path)")
        switch H5Iget_type(id) {
        case H5I_GROUP: kind = .group
        case H5I_DATASET: kind = .dataset
        case H5I_DATATYPE: kind = .datatype
        default: throw HDF5Error(.unsupported, "\(path) is of a kind that HDF5 \(libraryVersion) does not know")
        }
        self.handle = handle
        self.path = path
    }

    /// Throws unless the object is of `kind`.
    func expect(_ kind: ObjectKind) throws(HDF5Error) {
        if self.kind != kind {
            throw HDF5Error(.wrongKind, "\(path) is \(self.kind.withArticle), not \(kind.withArticle)")
        }
    }

    /// Identity and number of attributes. The corresponding C function is `H5Oget_info`.
    func facts() throws(HDF5Error) -> chdf5_object_info {
        var facts = chdf5_object_info()
        try check(chdf5_object(handle.id, &facts), "reading \(path)")
        return facts
    }
}

extension ObjectKind {
    /// The kind for a message.
    fileprivate var withArticle: String {
        switch self {
        case .group: "a group"
        case .dataset: "a dataset"
        case .datatype: "a committed datatype"
        }
    }

    init?(_ type: H5O_type_t) {
        switch type {
        case H5O_TYPE_GROUP: self = .group
        case H5O_TYPE_DATASET: self = .dataset
        case H5O_TYPE_NAMED_DATATYPE: self = .datatype
        default: return nil
        }
    }
}

extension File {
    /// Opens the object that `path` leads to inside this file, or in that to which an external link on its way leads where links are
    /// followed; by libhdf5 they never are.
    ///
    /// The corresponding C function is `H5Oopen`.
    package func object(at path: ObjectPath) throws(HDF5Error) -> Object {
        do throws(HDF5Error) {
            return try ownObject(at: path)
        } catch {
            guard access.followsLinks, let link = error.elsewhere else { throw error }
            return try object(at: path, behind: link)
        }
    }

    private func ownObject(at path: ObjectPath) throws(HDF5Error) -> Object {
        let id = H5Oopen(handle.id, try cString(path.bytes), library.linkAccess.id)
        if id < 0 {
            let failure = HDF5Error.latest("opening \(path)")
            throw PathDiagnosis(file: handle.id, links: library.linkAccess.id, wanted: path, failure: failure).reason()
        }
        return try Object(id, at: path)
    }

    /// Opens the group that `path` leads to.
    package func group(at path: ObjectPath) throws(HDF5Error) -> Object {
        let object = try object(at: path)
        try object.expect(.group)
        return object
    }

    /// The kind of the object that `path` leads to.
    package func kind(at path: ObjectPath) throws(HDF5Error) -> ObjectKind {
        try object(at: path).kind
    }
}

extension Object {
    /// The committed datatype that the object is.
    package func committedDatatype() throws(HDF5Error) -> Datatype {
        try expect(.datatype)
        return try datatype(handle.id, of: path)
    }
}
