import H5Model
import HTTPMessage

/// One thing in which two files differ.
struct Difference {
    enum What: String {
        case missing, kind, link, shape, maxshape, datatype, attribute, values
    }

    var path: ObjectPath
    var what: What
    /// The attribute's name.
    var name: [UInt8]?
    /// What the first and the second one have; nil for nothing.
    var first: JSONTree?
    var second: JSONTree?
    /// Of values: how many elements differ, of how many, and the indices of the first one that does.
    var values: (count: Int, total: Int, at: Shape)?

    var json: JSONTree {
        var members = Self.members("path", path.bytes)
        members.append(JSONTree.Member(name: Array("what".utf8), value: .string(Array(what.rawValue.utf8))))
        if let name { members += Self.members("name", name) }
        if let values {
            members.append(JSONTree.Member(name: Array("count".utf8), value: .number(.integer(Int64(values.count)))))
            members.append(JSONTree.Member(name: Array("of".utf8), value: .number(.integer(Int64(values.total)))))
            let at = values.at.map { JSONTree.number(.integer(Int64($0))) }
            members.append(JSONTree.Member(name: Array("at".utf8), value: .list(at)))
        }
        members.append(JSONTree.Member(name: Array("first".utf8), value: first ?? .null))
        members.append(JSONTree.Member(name: Array("second".utf8), value: second ?? .null))
        return .object(members)
    }

    /// A name, and in base64 beside it one that is not UTF-8.
    private static func members(_ key: String, _ bytes: [UInt8]) -> [JSONTree.Member] {
        let name = HDF5Name(bytes: bytes)
        let member = JSONTree.Member(name: Array(key.utf8), value: .string(Array(name.description.utf8)))
        if name.text != nil { return [member] }
        return [member, JSONTree.Member(name: Array("\(key)Base64".utf8), value: .string(Base64.encode(bytes)))]
    }

    /// A sentence.
    func text(_ names: (first: String, second: String)) -> String {
        let subject = Words.printable(path.bytes) + (name.map { " @\(Words.printable($0))" } ?? "")
        guard let first, let second else {
            return "\(subject): only in \(first == nil ? names.second : names.first)"
        }
        guard let values else { return "\(subject): \(label)\(shown(first)) and \(shown(second))" }
        let place = values.at.isEmpty ? "" : ", the first at [\(values.at.map(String.init).joined(separator: ","))]"
        return
            "\(subject): \(values.count) of \(values.total) values differ\(place): \(shown(first)) and \(shown(second))"
    }

    private var label: String {
        switch what {
        case .missing, .attribute, .values: ""
        default: "\(what.rawValue) "
        }
    }

    private func shown(_ json: JSONTree) -> String {
        switch what {
        case .shape, .maxshape: Words.shape(json)
        case .datatype: Words.datatype(json)
        case .attribute: Words.attribute(json, atMost: 40)
        case .kind, .link, .missing: json.text.map { Words.printable($0) } ?? Words.value(json, atMost: 40)
        case .values: Words.value(json, atMost: 40)
        }
    }
}
