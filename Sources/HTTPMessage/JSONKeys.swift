/// The names of the members that have been read of each open object.
struct JSONKeys {
    /// Where the names of an object begin.
    struct Mark {
        fileprivate var bytes: Int
        fileprivate var count: Int
    }

    /// An object with more names keeps them in a set; with fewer a look at each is quicker.
    private static let mostCompared = 16

    /// All names one after another; the next one is appended before `add`.
    var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// The names of the objects that have many, by how many names there were before.
    private var sets: [Int: Set<ArraySlice<UInt8>>] = [:]

    /// The name that was read last.
    var last: ArraySlice<UInt8> {
        ends.isEmpty ? [] : name(ends.count - 1)
    }

    private func name(_ index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    func begin() -> Mark {
        Mark(bytes: bytes.count, count: ends.count)
    }

    func isEmpty(since mark: Mark) -> Bool {
        ends.count == mark.count
    }

    /// Forgets the names of an object.
    mutating func end(_ mark: Mark) {
        if ends.count - mark.count > Self.mostCompared { sets[mark.count] = nil }
        bytes.removeLast(bytes.count - mark.bytes)
        ends.removeLast(ends.count - mark.count)
    }

    /// Takes what was appended to `bytes` for a name of the object.
    /// - Returns: Whether the object has not had that name.
    mutating func add(since mark: Mark) -> Bool {
        let count = ends.count
        ends.append(bytes.count)
        if count - mark.count < Self.mostCompared {
            let added = name(count)
            return !(mark.count..<count).contains { name($0) == added }
        }
        if sets[mark.count] == nil {
            // Copies, or else each further name would copy all of `bytes`.
            sets[mark.count] = Set((mark.count..<count).map { ArraySlice(Array(name($0))) })
        }
        return sets[mark.count]?.insert(ArraySlice(Array(name(count)))).inserted ?? true
    }
}
