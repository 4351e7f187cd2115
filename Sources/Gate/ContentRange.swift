import H5Model

/// Which bytes of a whole a request's body is (RFC 9110, 14.4 and 14.5).
struct ContentRange: Equatable {
    /// Nil for `*`: the request only asks how far the upload is.
    var range: Range<Int>?
    /// Bytes of the whole.
    var total: Int

    /// Bytes of the part.
    var count: Int { range?.count ?? 0 }

    /// Parses `bytes 0-99/1000` and `bytes */1000`.
    /// - Throws: `invalid`.
    init(parsing field: String) throws(ServiceError) {
        let malformed = ServiceError(
            .invalid, "Content-Range \"\(field)\" is not \"bytes FIRST-LAST/LENGTH\" or \"bytes */LENGTH\"")
        guard field.lowercased().hasPrefix("bytes ") else { throw malformed }
        let parts = field.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let total = Self.number(parts[1]), total > 0 else { throw malformed }
        self.total = total
        if parts[0] == "*" { return }
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let first = Self.number(bounds[0]), let last = Self.number(bounds[1]), first <= last,
            last < total
        else { throw malformed }
        range = first..<(last + 1)
    }

    private static func number(_ digits: Substring) -> Int? {
        digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(digits) : nil
    }
}
