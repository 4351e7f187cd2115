import H5Model
import HDF5JSON
import HTTPMessage
import Routes

/// The values of query parameters, whose names are known to be right.
extension Query {
    /// The parameter as one of the cases of a closed set.
    /// - Throws: `invalid` where it is none of them.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _: Choice.Type = Choice.self
    ) throws(ServiceError) -> Choice? {
        guard let text = try utf8(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ServiceError(.invalid, "\(name)=\(text) is none of \(known)")
        }
        return choice
    }
}

extension ValueOptions {
    private enum Int64Style: String, CaseIterable {
        case number, string
    }

    /// - Throws: `invalid`.
    init(_ query: Query) throws(ServiceError) {
        self.init()
        notANumber = try query.choice("nan") ?? .string
        hasStringsForInt64 = try query.choice("int64", Int64Style.self) == .string
        rows = try query.choice("rows") ?? .object
    }
}

extension ByteOrder {
    private enum Name: String, CaseIterable {
        case little, big
    }

    /// The byte order that a query asks for; nil for the stored one.
    /// - Throws: `invalid`.
    static func asked(by query: Query) throws(ServiceError) -> ByteOrder? {
        try query.choice("order", Name.self).map { $0 == .little ? .little : .big }
    }

    /// Refuses the byte order of a body that tells of it itself.
    /// - Throws: `invalid`.
    static func refuse(_ order: ByteOrder?, of body: RequestBody) throws(ServiceError) {
        if order == nil { return }
        if case .octetStream = body { return }
        throw ServiceError(
            .invalid, "order= tells the byte order of \(Representation.octetStream.mediaType), and not of other bodies")
    }
}
