public import H5Model

/// A reference to an object of the same file, or to a region of a dataset.
public struct Reference: Hashable, Sendable {
    /// The object's absolute path; a reference follows its object when that is moved.
    public var path: ObjectPath
    /// The selected elements as `select=` expressions divided by `;` (`0:2,0:3;4:6,1`); nil for the object as a whole.
    public var region: String?

    public init(_ path: ObjectPath, region: String? = nil) {
        self.path = path
        self.region = region
    }
}

/// As a property of a row; elsewhere as its path and its region.
extension Reference: Codable {
    private enum CodingKeys: CodingKey { case path, region }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        path = ObjectPath(try values.decode(String.self, forKey: .path))
        region = try values.decodeIfPresent(String.self, forKey: .region)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(path.description, forKey: .path)
        try values.encodeIfPresent(region, forKey: .region)
    }
}

extension Reference: Element {
    public static func datatype(for example: Reference?) -> Datatype {
        .reference(example?.region == nil ? .object : .region)
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Reference {
        guard let reference = try Reference?.take(from: &source, as: type) else {
            throw ServiceError(.invalid, "\(source.subject) holds a null reference; Reference? can be one")
        }
        return reference
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        guard case .reference(let kind) = type else { throw sink.mismatch(type, Self.self) }
        switch (kind, region) {
        case (.object, nil):
            try sink.appendCounted(path.bytes)
        case (.region, let region?):
            try sink.appendCounted(path.bytes + [0] + Array(region.utf8))
        case (.object, _?):
            throw ServiceError(.wrongKind, "\(sink.subject) holds object references, not regions as that of \(path)")
        case (.region, nil):
            throw ServiceError(.wrongKind, "\(sink.subject) holds region references, and that to \(path) has no region")
        }
    }
}

/// A null reference leads nowhere.
extension Optional: Element where Wrapped == Reference {
    public static func datatype(for example: Reference??) -> Datatype {
        Reference.datatype(for: example ?? nil)
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Reference? {
        guard case .reference(let kind) = type else { throw source.mismatch(type, Self.self) }
        let text = try source.takeCounted()
        if text.isEmpty { return nil }
        let parts = text.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let path = ObjectPath(bytes: Array(parts[0]))
        guard kind == .region else { return Reference(path) }
        return Reference(path, region: parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "")
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        if let self { return try self.append(to: &sink, as: type) }
        guard case .reference = type else { throw sink.mismatch(type, Self.self) }
        try sink.appendCounted([])
    }
}
