public import H5Model

/// The path of a file or a directory under the root that a server serves.
///
/// Names are byte strings, as file systems have them.
public struct ServedPath: Hashable, Sendable {
    /// The names from the root on; none is the root itself.
    public var names: [HDF5Name]

    /// The path of these names from the root on.
    public init(names: [HDF5Name]) {
        self.names = names
    }

    /// The path that `text` spells: names divided by `/`; empty names are dropped.
    public init(_ text: String) {
        names = ObjectPath(text).names
    }

    /// The directory that the server serves.
    public static let root = ServedPath(names: [])

    /// The path as the interface has it: the names' bytes, divided by `/`.
    package var bytes: [UInt8] { Array(names.map(\.bytes).joined(separator: "/".utf8)) }

    /// The path of the entry `name` of this directory.
    public func appending(_ name: HDF5Name) -> ServedPath {
        ServedPath(names: names + [name])
    }
}

extension ServedPath: CustomStringConvertible, ExpressibleByStringLiteral {
    /// The path for a message: what is not UTF-8 is replaced by U+FFFD.
    public var description: String {
        names.map(\.description).joined(separator: "/")
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }
}
