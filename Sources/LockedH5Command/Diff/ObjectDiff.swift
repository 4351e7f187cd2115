import H5Model
import HDF5JSON
import HTTPMessage

/// Compares two objects with everything below them.
final class ObjectDiff {
    private let first: ObjectSource
    private let second: ObjectSource
    private let rules: ValueDiff.Rules
    private let hasAttributes: Bool
    private let report: (Difference) throws(CommandError) -> Void
    /// Whether there is a difference.
    private(set) var hasFound = false
    /// The pairs of groups that are compared already, whatever links lead to them.
    private var groups: Set<Pair> = []

    /// An object of either file, by the paths of the first links to them.
    private struct Pair: Hashable {
        var first: ObjectPath
        var second: ObjectPath
    }

    init(
        _ first: Subject, _ second: Subject, _ rules: ValueDiff.Rules, hasAttributes: Bool,
        tell: @escaping (Difference) throws(CommandError) -> Void
    ) {
        self.first = ObjectSource(first)
        self.second = ObjectSource(second)
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
        let (one, other) = (try first.subject.description(), try second.subject.description())
        let pair = Pair(first: .root, second: .root)
        if [one, other].allSatisfy({ $0["kind"]?.text == "group" }) {
            groups.insert(pair)
            for source in [first, second] { try source.findAliases() }
        }
        try compare(one, other, at: .root, pair)
    }

    /// - Parameter path: From the objects on that are compared.
    private func compare(
        _ one: JSONTree, _ other: JSONTree, at path: ObjectPath, _ pair: Pair
    ) throws(CommandError) {
        let kind = one["kind"]?.text
        guard kind == other["kind"]?.text else {
            return try tell(Difference(path: path, what: .kind, first: one["kind"], second: other["kind"]))
        }
        if hasAttributes { try compareAttributes(at: path) }
        switch kind {
        case "group": try compareMembers(at: path, pair)
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

    private func compareMembers(at path: ObjectPath, _ pair: Pair) throws(CommandError) {
        let (one, other) = (try first.members(of: path), try second.members(of: path))
        let names = Set(one.keys).union(other.keys).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        for (index, name) in names.enumerated() where !isDone {
            if index % Self.fetchCount == 0 { try fetch(names[index...].prefix(Self.fetchCount), one, other, in: path) }
            let below = path.appending(name)
            guard let member = one[name], let otherMember = other[name] else {
                let kinds = [one[name], other[name]].map {
                    $0.map { $0["kind"] == .null ? $0["link"] : $0["kind"] } ?? nil
                }
                try tell(Difference(path: below, what: .missing, first: kinds[0], second: kinds[1]))
                continue
            }
            let pair = Pair(first: first.first(name, in: pair.first), second: second.first(name, in: pair.second))
            try compare(members: member, otherMember, at: below, pair)
        }
    }

    /// So many members' descriptions are asked for at once.
    private static let fetchCount = 250

    private func fetch(
        _ names: ArraySlice<HDF5Name>, _ one: [HDF5Name: JSONTree], _ other: [HDF5Name: JSONTree],
        in path: ObjectPath
    ) throws(CommandError) {
        // Groups come later, and with them others of these.
        let wanted = names.filter { name in
            let kinds = [one[name], other[name]].map { $0?["link"]?.text == "hard" ? $0?["kind"]?.text : nil }
            return kinds[0] != nil && kinds[0] == kinds[1] && kinds[0] != "group"
        }
        let paths = wanted.map { path.appending($0) }
        let datasets = wanted.filter { one[$0]?["kind"]?.text == "dataset" }.map { path.appending($0) }
        for source in [first, second] {
            try source.fetch(attributes: hasAttributes ? paths : [], datasets: datasets)
        }
    }

    private func compare(
        members one: JSONTree, _ other: JSONTree, at path: ObjectPath, _ pair: Pair
    ) throws(CommandError) {
        let links = (Self.link(one), Self.link(other))
        guard links.0 == links.1 else {
            return try tell(
                Difference(path: path, what: .link, first: .string(links.0), second: .string(links.1)))
        }
        guard one["link"]?.text == "hard" else { return }
        let areGroups = [one, other].allSatisfy { $0["kind"]?.text == "group" }
        // Other names of two groups that are compared anyway.
        if areGroups, !groups.insert(pair).inserted { return }
        try compare(one, other, at: path, pair)
    }

    /// The class of a link, and where it leads.
    private static func link(_ member: JSONTree) -> [UInt8] {
        let target =
            (member.bytes("targetFile").map { $0 + [UInt8(ascii: ":")] } ?? []) + (member.bytes("target") ?? [])
        return Array("\(member["link"]?.text ?? "")".utf8) + (target.isEmpty ? [] : Array(" to ".utf8) + target)
    }

    private func compareAttributes(at path: ObjectPath) throws(CommandError) {
        let (one, other) = (try first.attributes(of: path), try second.attributes(of: path))
        for member in one where !isDone {
            let match = other.first { $0.name == member.name }?.value
            let name = member.value.bytes("name") ?? member.name
            if let match, rules.areEqual(attributes: member.value, match) {
                guard let reason = member.value["unsupported"]?.text else { continue }
                throw CommandError(.unsupported, "\(path) @\(HDF5Name(bytes: name)): \(reason)")
            }
            try tell(Difference(path: path, what: .attribute, name: name, first: member.value, second: match))
        }
        for member in other where !one.contains(where: { $0.name == member.name }) {
            let name = member.value.bytes("name") ?? member.name
            try tell(Difference(path: path, what: .attribute, name: name, first: nil, second: member.value))
        }
    }

    private func compareDatasets(at path: ObjectPath) throws(CommandError) {
        let (one, other) = (try first.dataset(at: path), try second.dataset(at: path))
        let haveOneShape = try compare("shape", .shape, one, other, at: path)
        if haveOneShape { try compare("maxshape", .maxshape, one, other, at: path) }
        let haveOneType = try compare("datatype", .datatype, one, other, at: path)
        guard haveOneShape, !isDone, rules.comparesValues, let type = one["datatype"],
            let otherType = other["datatype"],
            let shape = one["shape"]?.extents, haveOneType || ValueDiff.areComparable(type, otherType)
        else { return }
        let difference = try ValueDiff(
            first: first.subject, second: second.subject, places: (first.place(path), second.place(path)), rules: rules,
            datatype: type,
            haveOneType: haveOneType
        ).compare(shape)
        guard var difference else { return }
        difference.path = path
        try tell(difference)
    }
}
