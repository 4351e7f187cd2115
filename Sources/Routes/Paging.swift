public import H5Model
public import HTTPMessage

extension Query {
    /// The `limit` of a listing: 100 where it is not given, at most 10,000.
    /// - Throws: `invalid`.
    public func limit() throws(ServiceError) -> Int {
        try integer("limit", in: 1...10_000) ?? 100
    }

    /// The integer that a parameter gives; nil where it is not given.
    /// - Throws: `invalid` where it is no integer or outside `range`.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(ServiceError) -> Int? {
        guard let text = text(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw ServiceError(
                .invalid, "\(name)=\(text): \(name) is an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
