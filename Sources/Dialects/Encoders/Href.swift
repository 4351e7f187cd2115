import H5Model
import HTTPMessage

/// The targets of the native dialect's resources of one object, as listings give them.
struct Href {
    enum Resource: String {
        case groups, tree, datasets, datatypes, dimensions, values, attributes, links, raw
    }

    private let file: [UInt8]
    private let path: ObjectPath
    /// The target behind the resource's name; nil where clients would fold a name away (`.` and `..`).
    private let tail: [UInt8]?

    /// - Parameter path: The object's; the root is the file itself.
    init(file: [UInt8], path: ObjectPath = .root) {
        self.file = file
        self.path = path
        if path.names.contains(where: { RequestTarget.isDotSegment($0.bytes) }) {
            tail = nil
        } else {
            var text: [UInt8] = []
            for segment in file.split(separator: UInt8(ascii: "/")) { Self.append(Array(segment), to: &text) }
            for name in path.names { Self.append(name.bytes, to: &text) }
            tail = text
        }
    }

    /// The target of a resource of the object.
    func target(_ resource: Resource) -> [UInt8] {
        guard let tail else { return Self.query(resource, file, path) }
        return Self.begin(resource, tail.count) + tail
    }

    /// The target of a resource of an object below this one, which is a group.
    /// - Parameter names: Those of the links from the group to the object.
    func target(_ resource: Resource, of names: [HDF5Name]) -> [UInt8] {
        guard let tail, !names.contains(where: { RequestTarget.isDotSegment($0.bytes) }) else {
            return Self.query(resource, file, ObjectPath(names: path.names + names))
        }
        var text = Self.begin(resource, tail.count + names.reduce(0) { $0 + $1.bytes.count + 1 })
        text += tail
        for name in names { Self.append(name.bytes, to: &text) }
        return text
    }

    /// `target` with one more query parameter.
    static func appending(_ name: String, _ value: [UInt8], to target: [UInt8]) -> [UInt8] {
        var text = target
        text.append(target.contains(UInt8(ascii: "?")) ? UInt8(ascii: "&") : UInt8(ascii: "?"))
        text += Array("\(name)=".utf8)
        PercentCoding.append(value, to: &text)
        return text
    }

    /// The resource that describes what a link leads to; the link itself where no other describes it.
    static func resource(of kind: ObjectKind?) -> Resource {
        switch kind {
        case .group: .groups
        case .dataset: .datasets
        case .datatype: .datatypes
        case nil: .links
        }
    }

    private static func begin(_ resource: Resource, _ more: Int) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(16 + more)
        text.append(contentsOf: "/v1/".utf8)
        text.append(contentsOf: resource.rawValue.utf8)
        return text
    }

    private static func query(_ resource: Resource, _ file: [UInt8], _ path: ObjectPath) -> [UInt8] {
        appending("path", path.bytes, to: appending("file", file, to: begin(resource, 0)))
    }

    private static func append(_ segment: [UInt8], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "/"))
        PercentCoding.append(segment, to: &text)
    }
}
