internal import CHDF5
internal import H5Model

/// The one owner of one libhdf5 identifier; it is closed when the handle's life ends.
struct Handle: ~Copyable {
    /// What the identifier stands for, which decides how it is closed.
    enum Kind {
        case file, object, attribute, datatype, dataspace, propertyList
    }

    let id: hid_t
    private let kind: Kind

    /// Takes over the identifier that a libhdf5 call has just returned.
    /// - Throws: The call's failure, where `id` is negative.
    init(_ id: hid_t, _ kind: Kind, _ operation: @autoclosure () -> String) throws(HDF5Error) {
        guard id >= 0 else { throw HDF5Error.latest(operation()) }
        self.id = id
        self.kind = kind
    }

    deinit {
        _ = Self.release(id, kind)
    }

    /// Closes the identifier and tells of a failure, which the end of a handle's life cannot.
    consuming func close(_ operation: @autoclosure () -> String) throws(HDF5Error) {
        let status = Self.release(id, kind)
        discard self
        try check(status, operation())
    }

    /// Gives the identifier away, open as it is.
    consuming func take() -> hid_t {
        let id = id
        discard self
        return id
    }

    private static func release(_ id: hid_t, _ kind: Kind) -> herr_t {
        switch kind {
        case .file: H5Fclose(id)
        case .object: H5Oclose(id)
        case .attribute: H5Aclose(id)
        case .datatype: H5Tclose(id)
        case .dataspace: H5Sclose(id)
        case .propertyList: H5Pclose(id)
        }
    }
}

/// Returns the status of a libhdf5 call, or throws its failure where it is negative.
@discardableResult
func check<Status: SignedInteger>(
    _ status: Status, _ operation: @autoclosure () -> String
) throws(HDF5Error) -> Status {
    guard status >= 0 else { throw HDF5Error.latest(operation()) }
    return status
}

/// A name or path as C takes it.
func cString(_ bytes: [UInt8]) throws(HDF5Error) -> [CChar] {
    if bytes.contains(0) {
        throw HDF5Error(.missing, "no name holds a NUL, as \"\(HDF5Name(bytes: bytes))\" does")
    }
    return bytes.map(CChar.init(bitPattern:)) + [0]
}
