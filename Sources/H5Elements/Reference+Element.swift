public import H5Model

/// References to objects of the same file, and to regions of its datasets.
extension Reference: Element {
    /// A reference to an object, or with a region to the selected elements of a dataset.
    public init(_ path: ObjectPath, region: String? = nil) {
        self.init(.object(path), region: region)
    }

    /// The object's path; nil for a null reference, and for an object to which no path leads.
    public var path: ObjectPath? {
        if case .object(let path) = target { path } else { nil }
    }

    public static func datatype(for example: Reference?) -> Datatype {
        .reference(example?.region == nil ? .object : .region)
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Reference {
        guard case .reference = type else { throw source.mismatch(type, Self.self) }
        guard let reference = Reference(wire: try source.takeCounted()) else {
            throw ServiceError(.damaged, "\(source.subject) holds a reference that makes no sense")
        }
        return reference
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        guard case .reference(let kind) = type else { throw sink.mismatch(type, Self.self) }
        if target == .null { return try sink.appendCounted([]) }
        guard (region == nil) == (kind == .object) else {
            throw ServiceError(
                .wrongKind,
                "\(sink.subject) holds \(type.title), and this one is \(region == nil ? "to an object" : "to a region")"
            )
        }
        try sink.appendCounted(wire)
    }
}

/// As a property of a row a reference is a field; elsewhere it is encoded as it travels.
extension Reference: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let reference = Reference(wire: text.utf8) else {
            throw ServiceError(.invalid, "\"\(text)\" is no reference")
        }
        self = reference
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: wire, as: UTF8.self))
    }
}
