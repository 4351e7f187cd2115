/// The name of one link in a group or of one attribute: any bytes but NUL (and `/` in a link).
///
/// HDF5 names are byte strings; most are UTF-8, and those have a `text`.
public struct HDF5Name: Hashable, Sendable {
    /// The name's bytes, without the terminating NUL.
    public let bytes: [UInt8]

    public init(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The name as text; nil where its bytes are not UTF-8.
    public var text: String? {
        String(validating: bytes, as: UTF8.self)
    }

    /// The name for a message: what is not UTF-8 is replaced by U+FFFD.
    public var description: String {
        String(decoding: bytes, as: UTF8.self)
    }
}

extension HDF5Name: CustomStringConvertible, ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

/// An absolute path of an object inside a file: the names of the links from the root group to it.
public struct ObjectPath: Hashable, Sendable {
    public var names: [HDF5Name]

    public init(names: [HDF5Name]) {
        self.names = names
    }

    /// The path that `text` spells: names divided by `/`; empty names are dropped.
    public init(_ text: String) {
        self.init(bytes: Array(text.utf8))
    }

    /// The path that `bytes` spell: names divided by `/`; empty names are dropped.
    public init(bytes: [UInt8]) {
        names = bytes.split(separator: UInt8(ascii: "/")).map(HDF5Name.init(bytes:))
    }

    /// The root group, `/`.
    public static let root = ObjectPath(names: [])

    public var isRoot: Bool { names.isEmpty }

    /// The path's bytes, from the first `/` on, without a terminating NUL.
    public var bytes: [UInt8] {
        if names.isEmpty { return [UInt8(ascii: "/")] }
        var bytes: [UInt8] = []
        for name in names {
            bytes.append(UInt8(ascii: "/"))
            bytes.append(contentsOf: name.bytes)
        }
        return bytes
    }

    /// The group that holds the path's last link; the root is its own parent.
    public var parent: ObjectPath {
        ObjectPath(names: Array(names.dropLast()))
    }

    /// The last link's name; nil for the root.
    public var lastName: HDF5Name? { names.last }

    public func appending(_ name: HDF5Name) -> ObjectPath {
        ObjectPath(names: names + [name])
    }
}

extension ObjectPath: CustomStringConvertible, ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// The path for a message: what is not UTF-8 is replaced by U+FFFD.
    public var description: String {
        String(decoding: bytes, as: UTF8.self)
    }
}
