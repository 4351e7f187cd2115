public import H5Model
internal import HDF5

/// An object inside a scope.
public protocol ObjectReading: ~Copyable, ~Escapable {
    var scope: FileScope { get }
    /// The object as the scope has it open.
    var handle: ObjectHandle { get throws(ServiceError) }
    /// The path by which the object was reached; nil for an anonymous one.
    var path: ObjectPath? { get }
}

/// An object inside a writing scope.
public protocol ObjectWriting: ObjectReading, ~Copyable, ~Escapable {}

/// Which object of a file it is, whatever link leads to it: equal for all its hard links.
public struct ObjectIdentity: Hashable, Sendable {
    let number: [UInt64]
}

extension ObjectReading where Self: ~Copyable & ~Escapable {
    /// The path as text; nil for an anonymous object.
    public var name: String? { path?.description }

    /// The path of the group that holds the object's link; the root's is the root.
    /// - Throws: `invalid` for an anonymous object.
    public var parent: ObjectPath {
        get throws(ServiceError) {
            guard let path else {
                throw ServiceError(.invalid, "an anonymous object has no parent")
            }
            return path.parent
        }
    }

    public var kind: ObjectKind {
        get throws(ServiceError) { try handle.object.kind }
    }

    /// The name of the file that holds the object.
    public var fileName: String { scope.boundary.access.title }

    /// Which object of the file it is.
    /// - Throws: `damaged`.
    public var id: ObjectIdentity {
        get throws(ServiceError) {
            let handle = try handle
            return ObjectIdentity(
                number: try scope.boundary.run { () throws(HDF5Error) in try handle.object.identity() })
        }
    }

    /// A reference to the object.
    /// - Throws: `invalid` for an anonymous object.
    public var reference: Reference {
        get throws(ServiceError) {
            guard let path else {
                throw ServiceError(.invalid, "an anonymous object has no path for a reference")
            }
            return Reference(path, region: nil)
        }
    }

    /// The object's attributes.
    public var attributes: ReadableAttributes {
        @_lifetime(copy self)
        get throws(ServiceError) { _overrideLifetime(ReadableAttributes(try handle, scope), copying: self) }
    }
}

extension ObjectWriting where Self: ~Copyable & ~Escapable {
    /// The object's attributes, which can be changed.
    public var attributes: WritableAttributes {
        @_lifetime(copy self)
        get throws(ServiceError) { _overrideLifetime(WritableAttributes(try handle, scope), copying: self) }
    }
}
