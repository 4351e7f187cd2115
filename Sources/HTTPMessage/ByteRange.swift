/// One satisfiable byte range of a representation (RFC 9110, 14.1.2).
public enum ByteRange {
    /// What a `Range` field asks of `length` bytes.
    public enum Outcome: Equatable, Sendable {
        /// No range, several ranges or another unit: the whole representation.
        case whole
        case part(Range<Int>)
        /// No byte of the representation is in the range (416).
        case unsatisfiable
    }

    public static func parse(_ field: String?, length: Int) -> Outcome {
        guard let field, field.hasPrefix("bytes=") else { return .whole }
        let spec = field.dropFirst("bytes=".count).filter { $0 != " " }
        guard !spec.contains(","), let dash = spec.firstIndex(of: "-") else { return .whole }
        let digits = (first: spec[..<dash], last: spec[spec.index(after: dash)...])
        guard [digits.first, digits.last].allSatisfy({ $0.utf8.allSatisfy(isDigit) }) else { return .whole }
        if digits.first.isEmpty {
            guard !digits.last.isEmpty else { return .whole }
            let suffix = Int(digits.last) ?? Int.max
            if suffix == 0 || length == 0 { return .unsatisfiable }
            return .part(max(length - suffix, 0)..<length)
        }
        let first = Int(digits.first) ?? Int.max
        let last = digits.last.isEmpty ? Int.max : Int(digits.last) ?? Int.max
        if last < first { return .whole }
        if first >= length { return .unsatisfiable }
        return .part(first..<(min(last, length - 1) + 1))
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
