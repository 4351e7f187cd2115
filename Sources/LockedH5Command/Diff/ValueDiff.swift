import H5Model
import HDF5JSON
import HTTPMessage

/// Compares the values of two datasets of one shape, piece by piece.
struct ValueDiff {
    /// What counts as equal.
    struct Rules {
        var comparesValues = true
        /// Numbers are equal that differ by no more than this.
        var absolute = 0.0
        /// Or by no more than this part of the first one.
        var relative = 0.0
        /// Whether one difference is enough.
        var endsWithFirst = false

        /// Whether numbers need a closer look than bytes give.
        var isExact: Bool { absolute == 0 && relative == 0 }

        /// NaN is equal to NaN, 0 to -0.
        func areEqual(_ one: JSONTree, _ other: JSONTree) -> Bool {
            if one == other { return true }
            if case .list(let list) = one, case .list(let otherList) = other {
                return list.count == otherList.count && zip(list, otherList).allSatisfy { areEqual($0, $1) }
            }
            if case .object(let members) = one, case .object(let otherMembers) = other {
                return members.count == otherMembers.count
                    && zip(members, otherMembers).allSatisfy { $0.name == $1.name && areEqual($0.value, $1.value) }
            }
            guard !one.isText, !other.isText, let number = one.number, let otherNumber = other.number else {
                return false
            }
            // Integers beyond what a Double holds differ though their Doubles do not.
            if isExact { return number == otherNumber && !(one.isInteger && other.isInteger) }
            let distance = abs(number - otherNumber)
            return distance <= absolute || distance <= relative * abs(number)
        }

        func areEqual(attributes one: JSONTree, _ other: JSONTree) -> Bool {
            one["datatype"] == other["datatype"] && one["shape"] == other["shape"]
                && areEqual(one["value"] ?? .null, other["value"] ?? .null)
        }
    }

    let first: Subject
    let second: Subject
    let places: (ObjectPath, ObjectPath)
    let rules: Rules
    let datatype: JSONTree
    let haveOneType: Bool

    /// The bytes of a piece, about.
    private static let pieceSize = 2 << 20
    /// Elements whose length nobody knows.
    private static let mostOfUnknownLength = 4096

    /// Whether values of two datatypes are numbers both.
    static func areComparable(_ one: JSONTree, _ other: JSONTree) -> Bool {
        [one, other].allSatisfy { ["H5T_INTEGER", "H5T_FLOAT", "H5T_ENUM"].contains($0["class"]?.text ?? "") }
    }

    /// Nil where all values are equal.
    func compare(_ shape: Shape) throws(CommandError) -> Difference? {
        let size = Words.elementSize(datatype)
        let limit = size.map { max(Self.pieceSize / max($0, 1), 1) } ?? Self.mostOfUnknownLength
        let whole = Selection(all: shape)
        guard let total = whole.elementCount else {
            throw CommandError(.tooLarge, "\(places.0) has more elements than can be compared")
        }
        var difference: Difference?
        var place = 0
        while place < total, difference == nil || !rules.endsWithFirst {
            let piece = whole.slab(from: place, limit: limit)
            guard case .hyperslab(let slab) = piece.selection else { break }
            try compare(slab, isFixed: size != nil, total, &difference)
            place += piece.count
        }
        return difference
    }

    private func compare(
        _ slab: Hyperslab, isFixed: Bool, _ total: Int, _ difference: inout Difference?
    ) throws(CommandError) {
        if isFixed, haveOneType {
            let (_, bytes) = try first.backend.bytes(call(first, places.0, slab, "octet-stream"))
            let (_, otherBytes) = try second.backend.bytes(call(second, places.1, slab, "octet-stream"))
            if bytes == otherBytes { return }
        }
        let rank = slab.resultShape.count
        let elements = Self.elements(try first.backend.document(call(first, places.0, slab, "json")), rank)
        let others = Self.elements(try second.backend.document(call(second, places.1, slab, "json")), rank)
        for (index, (one, other)) in zip(elements, others).enumerated() where !rules.areEqual(one, other) {
            if difference == nil {
                difference = Difference(path: .root, what: .values, first: one, second: other)
                difference?.values = (0, total, Self.place(index, in: slab))
            }
            difference?.values?.count += 1
        }
    }

    private func call(_ subject: Subject, _ path: ObjectPath, _ slab: Hyperslab, _ format: String) -> Call {
        let call = subject.call("values", path).with("format", format)
        return slab.spans.isEmpty ? call : call.with("select", slab.text)
    }

    /// The elements of nested lists.
    private static func elements(_ json: JSONTree, _ rank: Int) -> [JSONTree] {
        if rank == 0 { return [json] }
        return rank == 1 ? json.elements : json.elements.flatMap { elements($0, rank - 1) }
    }

    /// The indices of an element of a piece.
    private static func place(_ index: Int, in slab: Hyperslab) -> Shape {
        var rest = index
        var indices: Shape = []
        for span in slab.spans.reversed() {
            indices.append(span[rest % max(span.count, 1)])
            rest /= max(span.count, 1)
        }
        return indices.reversed()
    }
}
