import H5Model
import HTTPMessage

/// The targets of the native dialect's resources, as listings give them.
enum Href {
    enum Resource: String {
        case groups, tree, datasets, values, attributes, links, raw
    }

    /// The target of a resource of the object at `path`; of the file where `path` is nil.
    ///
    /// A name that clients fold away (`.` and `..`) goes into the query.
    static func make(_ resource: Resource, file: [UInt8], path: ObjectPath? = nil) -> [UInt8] {
        let names = path?.names ?? []
        var text = Array("/v1/\(resource.rawValue)".utf8)
        if names.contains(where: { RequestTarget.isDotSegment($0.bytes) }) {
            text += Array("?file=".utf8)
            PercentCoding.append(file, to: &text)
            text += Array("&path=".utf8)
            PercentCoding.append(ObjectPath(names: names).bytes, to: &text)
        } else {
            for segment in file.split(separator: UInt8(ascii: "/")) {
                append(Array(segment), to: &text)
            }
            for name in names {
                append(name.bytes, to: &text)
            }
        }
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
        case .datatype, nil: .links
        }
    }

    private static func append(_ segment: [UInt8], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "/"))
        PercentCoding.append(segment, to: &text)
    }
}
