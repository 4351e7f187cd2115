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
}

/// What a resource can be represented as.
struct Representation: Equatable {
    /// The name in `format=`.
    var format: String
    var mediaType: String

    static let json = Representation(format: "json", mediaType: "application/json")
    static let octetStream = Representation(format: "octet-stream", mediaType: "application/octet-stream")
    static let lines = Representation(format: "ndjson", mediaType: "application/x-ndjson")

    /// The representation that a request asks for: `format=` wins over `Accept`.
    /// - Throws: `not_acceptable` with the list of those that there are.
    static func chosen(
        from offers: [Representation], query: Query, accept: String?
    ) throws(ServiceError) -> Representation {
        if let format = try query.utf8("format") {
            if let offer = offers.first(where: { $0.format == format || $0.mediaType == format }) { return offer }
            let known = offers.map(\.format).joined(separator: ", ")
            throw ServiceError(.notAcceptable, "format=\(format) is none of \(known)")
        }
        let types = offers.map(\.mediaType)
        guard let type = Negotiation.choose(types, accept: accept),
            let offer = offers.first(where: { $0.mediaType == type })
        else {
            throw ServiceError(
                .notAcceptable, "this resource is served as \(types.joined(separator: ", ")) only")
        }
        return offer
    }
}
