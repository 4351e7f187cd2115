/// The names of the members that have been read of each open object.
struct JSONKeys {
    /// Where the names of an object begin.
    struct Mark {
        fileprivate var bytes: Int
        fileprivate var count: Int
    }

    /// An object with more names keeps them in a set; with fewer a look at each is quicker.
    private static let mostCompared = 16

    /// All names one after another.
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// The names of the objects that have many, by how many names there were before.
    private var sets: [Int: Set<[UInt8]>] = [:]

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

    /// Adds a name of the object, as it stands between quotation marks.
    /// - Returns: Whether the object has not had that name.
    mutating func add(_ text: UnsafeRawBufferPointer, hasEscapes: Bool, since mark: Mark) -> Bool {
        let count = ends.count
        if hasEscapes {
            JSONString.appendUnescaped(text, to: &bytes)
        } else {
            bytes.append(contentsOf: text)
        }
        ends.append(bytes.count)
        let added = name(count)
        if count - mark.count < Self.mostCompared {
            return !(mark.count..<count).contains { name($0) == added }
        }
        if sets[mark.count] == nil {
            sets[mark.count] = Set((mark.count..<count).map { Array(name($0)) })
        }
        let copy = Array(added)
        return sets[mark.count]?.insert(copy).inserted ?? true
    }
}
