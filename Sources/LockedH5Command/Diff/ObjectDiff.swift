import H5Model
import HDF5JSON
import HTTPMessage

/// Compares two objects with everything below them.
final class ObjectDiff {
    let first: Subject
    let second: Subject
    private let rules: ValueDiff.Rules
    private let hasAttributes: Bool
    private let report: (Difference) throws(CommandError) -> Void
    /// Whether there is a difference.
    private(set) var hasFound = false
    /// The groups of the first file by the paths at which they are compared; others lead to one of them.
    private var groups: Set<ObjectPath> = []

    init(
        _ first: Subject, _ second: Subject, _ rules: ValueDiff.Rules, hasAttributes: Bool,
        tell: @escaping (Difference) throws(CommandError) -> Void
    ) {
        self.first = first
        self.second = second
        self.rules = rules
        self.hasAttributes = hasAttributes
        report = tell
    }

    private func tell(_ difference: Difference) throws(CommandError) {
        if isDone { return }
        hasFound = true
        try report(difference)
    }

    private var isDone: Bool { hasFound && rules.endsWithFirst }

    func compare() throws(CommandError) {
        let (one, other) = (try first.description(), try second.description())
        if one["kind"]?.text == "group" {
            groups.insert(.root)
            try first.visit(nil) { object throws(CommandError) in
                guard object["kind"]?.text == "group", let path = object.bytes("path") else { return }
                groups.insert(ObjectPath(bytes: path))
            }
        }
        try compare(one, other, at: .root)
    }

    /// - Parameter path: From the objects on that are compared.
    private func compare(_ one: JSONTree, _ other: JSONTree, at path: ObjectPath) throws(CommandError) {
        let kind = one["kind"]?.text
        guard kind == other["kind"]?.text else {
            return try tell(Difference(path: path, what: .kind, first: one["kind"], second: other["kind"]))
        }
        if hasAttributes { try compareAttributes(at: path) }
        switch kind {
        case "group": try compareMembers(at: path)
        case "dataset": try compareDatasets(at: path)
        case "datatype": try compare("datatype", .datatype, one, other, at: path)
        default: break
        }
    }

    @discardableResult
    private func compare(
        _ key: String, _ what: Difference.What, _ one: JSONTree, _ other: JSONTree, at path: ObjectPath
    ) throws(CommandError) -> Bool {
        let (value, otherValue) = (one[key] ?? .null, other[key] ?? .null)
        if value == otherValue { return true }
        try tell(Difference(path: path, what: what, first: value, second: otherValue))
        return false
    }

    private func compareMembers(at path: ObjectPath) throws(CommandError) {
        let one = Self.byName(try first.group(Self.path(first, path)))
        let other = Self.byName(try second.group(Self.path(second, path)))
        let names = Set(one.keys).union(other.keys).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        for name in names where !isDone {
            let below = path.appending(name)
            guard let member = one[name], let otherMember = other[name] else {
                let kinds = [one[name], other[name]].map {
                    $0.map { $0["kind"] == .null ? $0["link"] : $0["kind"] } ?? nil
                }
                try tell(Difference(path: below, what: .missing, first: kinds[0], second: kinds[1]))
                continue
            }
            try compare(members: member, otherMember, at: below)
        }
    }

    private static func byName(_ group: JSONTree) -> [HDF5Name: JSONTree] {
        var members: [HDF5Name: JSONTree] = [:]
        for member in group["members"]?.elements ?? [] { members[HDF5Name(bytes: member.bytes("name") ?? [])] = member }
        return members
    }

    private func compare(members one: JSONTree, _ other: JSONTree, at path: ObjectPath) throws(CommandError) {
        let links = (Self.link(one), Self.link(other))
        guard links.0 == links.1 else {
            return try tell(
                Difference(path: path, what: .link, first: .string(links.0), second: .string(links.1)))
        }
        guard one["link"]?.text == "hard" else { return }
        // Another name of a group that is compared anyway.
        if one["kind"]?.text == "group", other["kind"]?.text == "group", !groups.contains(path) { return }
        try compare(one, other, at: path)
    }

    /// The class of a link, and where it leads.
    private static func link(_ member: JSONTree) -> [UInt8] {
        let target =
            (member.bytes("targetFile").map { $0 + [UInt8(ascii: ":")] } ?? []) + (member.bytes("target") ?? [])
        return Array("\(member["link"]?.text ?? "")".utf8) + (target.isEmpty ? [] : Array(" to ".utf8) + target)
    }

    private static func path(_ subject: Subject, _ path: ObjectPath) -> ObjectPath {
        ObjectPath(names: subject.found.object.names + path.names)
    }

    private func compareAttributes(at path: ObjectPath) throws(CommandError) {
        let one = try first.backend.document(first.call("attributes", Self.path(first, path))).members
        let other = try second.backend.document(second.call("attributes", Self.path(second, path))).members
        for member in one {
            let match = other.first { $0.name == member.name }?.value
            if let match, rules.areEqual(attributes: member.value, match) { continue }
            let name = member.value.bytes("nameBase64") ?? member.name
            try tell(Difference(path: path, what: .attribute, name: name, first: member.value, second: match))
        }
        for member in other where !one.contains(where: { $0.name == member.name }) {
            let name = member.value.bytes("nameBase64") ?? member.name
            try tell(Difference(path: path, what: .attribute, name: name, first: nil, second: member.value))
        }
    }

    private func compareDatasets(at path: ObjectPath) throws(CommandError) {
        let (place, otherPlace) = (Self.path(first, path), Self.path(second, path))
        let one = try first.backend.document(first.call("datasets", place))
        let other = try second.backend.document(second.call("datasets", otherPlace))
        let haveOneShape = try compare("shape", .shape, one, other, at: path)
        if haveOneShape { try compare("maxshape", .maxshape, one, other, at: path) }
        let haveOneType = try compare("datatype", .datatype, one, other, at: path)
        guard haveOneShape, !isDone, rules.comparesValues, let type = one["datatype"],
            let otherType = other["datatype"],
            let shape = one["shape"]?.extents, haveOneType || ValueDiff.areComparable(type, otherType)
        else { return }
        let difference = try ValueDiff(
            first: first, second: second, places: (place, otherPlace), rules: rules, datatype: type,
            haveOneType: haveOneType
        ).compare(shape)
        guard var difference else { return }
        difference.path = path
        try tell(difference)
    }
}
