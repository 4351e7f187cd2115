package import H5Model
import HTTPMessage

/// The target of a request to the native interface: a resource's path and its query, percent-encoded.
package struct ResourceTarget: Equatable {
    /// The most bytes of a selection in a query.
    static let longestSelect = 8 << 10

    package private(set) var text: String

    /// The target of a resource of the object at `object`; of the file where that is nil.
    package init(_ resource: String, file: ServedPath, object: ObjectPath? = nil) {
        text = "/v1/\(resource)"
        let names = file.names + (object?.names ?? [])
        if names.allSatisfy(\.standsInPath) {
            for name in names { text += "/" + PercentCoding.encode(name.bytes) }
        } else {
            add("file", bytes: file.bytes)
            if let object { add("path", bytes: object.bytes) }
        }
    }

    /// The target of a directory's listing.
    package init(directory: ServedPath) {
        self.init("files", file: directory)
        text += text.contains("?") ? "%2F" : "/"
    }

    /// The target of a file's locks, or of one lease.
    package init(locksOf file: ServedPath, token: String? = nil) {
        self.init("locks", file: file)
        guard let token else { return }
        if text.contains("?") {
            add("token", token)
        } else {
            text += "/" + PercentCoding.encode(Array(token.utf8))
        }
    }

    /// Adds a query parameter.
    package mutating func add(_ name: String, bytes value: [UInt8]) {
        text += (text.contains("?") ? "&" : "?") + "\(name)=" + PercentCoding.encode(value)
    }

    /// Adds a query parameter; none where `value` is nil.
    package mutating func add(_ name: String, _ value: String?) {
        if let value { add(name, bytes: Array(value.utf8)) }
    }
}

extension HDF5Name {
    /// Whether a path segment of this name arrives as it was sent: dot segments are folded away on the way, and
    /// `URL` takes a path that is not UTF-8 for an empty one.
    fileprivate var standsInPath: Bool {
        !RequestTarget.isDotSegment(bytes) && text != nil
    }
}
