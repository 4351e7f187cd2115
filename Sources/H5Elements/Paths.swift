public import H5Model

/// What names an object: a path as text, relative to the group that is asked unless it begins with `/`, the name of one
/// member, or a whole path from the root on.
public protocol PathConvertible: Sendable {
    /// The absolute path.
    func path(from group: ObjectPath) -> ObjectPath
}

extension String: PathConvertible {
    public func path(from group: ObjectPath) -> ObjectPath {
        let path = ObjectPath(self)
        return utf8.first == UInt8(ascii: "/") ? path : ObjectPath(names: group.names + path.names)
    }
}

extension HDF5Name: PathConvertible {
    public func path(from group: ObjectPath) -> ObjectPath { group.appending(self) }
}

extension ObjectPath: PathConvertible {
    public func path(from _: ObjectPath) -> ObjectPath { self }
}
