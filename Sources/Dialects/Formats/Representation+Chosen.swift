import H5Model
import HTTPMessage
import Routes

extension Representation {
    /// The forms of a dataset's values, those first that are preferred.
    static let ofValues: [Representation] = [.json, .octetStream, .npy, .csv, .png]
    /// The forms of one attribute's value.
    static let ofAttribute: [Representation] = [.json, .octetStream, .npy, .csv]

    /// The representation that a request asks for: `format=` wins over `Accept`.
    /// - Throws: `not_acceptable` with the list of those that there are.
    static func chosen(
        from offers: [Representation], query: Query, accept: String?
    ) throws(ServiceError) -> Representation {
        if let format = try query.utf8("format") {
            if let offer = offers.first(where: { $0.rawValue == format || $0.mediaType == format }) { return offer }
            let known = offers.map(\.rawValue).joined(separator: ", ")
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

    /// The refusal of this form for values that it cannot hold.
    func refusal(_ subject: String, _ reason: String) -> ServiceError {
        ServiceError(
            .notAcceptable,
            "\(subject) \(reason); \(Representation.json.mediaType) and \(Representation.octetStream.mediaType) hold all values"
        )
    }
}
