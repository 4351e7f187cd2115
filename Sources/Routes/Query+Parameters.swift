public import H5Model
public import HTTPMessage

extension Query {
    /// The `limit` of a listing: 100 where it is not given, at most 10,000.
    /// - Throws: `invalid`.
    public func limit() throws(ServiceError) -> Int {
        try integer("limit", in: 1...10_000) ?? 100
    }

    /// The parameter as text.
    /// - Throws: `invalid` where it is not UTF-8.
    public func utf8(_ name: String) throws(ServiceError) -> String? {
        guard let bytes = first(name) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ServiceError(.invalid, "the query parameter \"\(name)\" is not UTF-8")
        }
        return text
    }

    /// The parameter as an integer.
    /// - Throws: `invalid` where it is none or outside `range`.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(ServiceError) -> Int? {
        guard let text = try utf8(name) else { return nil }
        guard text.utf8.first != UInt8(ascii: "+"), let number = Int(text), range.contains(number) else {
            throw ServiceError(
                .invalid,
                "\(name)=\(text) is not an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension Query {
    /// The parameter as a truth value; false where it is not given.
    /// - Throws: `invalid` where it is neither `true` nor `false`.
    public func flag(_ name: String) throws(ServiceError) -> Bool {
        switch try utf8(name) {
        case nil, "false": return false
        case "true", "": return true
        case let text?: throw ServiceError(.invalid, "\(name)=\(text) is neither true nor false")
        }
    }
}
