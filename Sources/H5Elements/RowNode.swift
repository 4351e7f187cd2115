internal import H5Model

/// What a struct encodes itself as: elements, and rows of them by name.
indirect enum RowNode {
    case element(any Element)
    case row([(name: String, node: RowNode)])

    init(_ value: some Encodable) throws(ServiceError) {
        let encoder = RowEncoder()
        do {
            try value.encode(to: encoder)
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError(.invalid, "\(type(of: value)) cannot be a row: \(error)")
        }
        guard let node = encoder.node else {
            throw ServiceError(.invalid, "\(type(of: value)) cannot be a row: it has no properties")
        }
        self = node
    }

    /// Elements are taken as they are, whatever they would encode themselves as.
    fileprivate init(any value: some Encodable) throws(ServiceError) {
        if value is any CompoundElement {
            try self.init(value)
        } else if let element = value as? any Element {
            self = .element(element)
        } else {
            try self.init(value)
        }
    }

    /// The datatype that holds it, without padding.
    func datatype() throws(ServiceError) -> Datatype {
        switch self {
        case .element(let element):
            return try element.ownDatatype()
        case .row(let members):
            var fields: [(name: HDF5Name, type: Datatype)] = []
            for member in members { fields.append((HDF5Name(member.name), try member.node.datatype())) }
            return .compound(Datatype.Compound(packing: fields))
        }
    }

    func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        switch (self, type) {
        case (.element(let element), _): try element.append(to: &sink, as: type)
        case (.row(let members), .compound(let compound)): try Self.append(members, to: &sink, compound)
        case (.row, _): throw sink.mismatch(type, RowNode.self)
        }
    }

    private static func append(
        _ members: [(name: String, node: RowNode)], to sink: inout ElementSink, _ type: Datatype.Compound
    ) throws(ServiceError) {
        var rest = Dictionary(members.map { ($0.name, $0.node) }) { first, _ in first }
        for field in type.fields {
            if let node = rest.removeValue(forKey: field.name.description) {
                try node.append(to: &sink, as: field.type)
            } else if case .reference = field.type {
                try sink.appendCounted([])
            } else {
                throw ServiceError(.invalid, "a row for \(sink.subject) has no value for the field \"\(field.name)\"")
            }
        }
        if let extra = rest.keys.min() {
            let known = type.fields.map(\.name.description).joined(separator: ", ")
            throw ServiceError(.notFound, "\(sink.subject) has no field \"\(extra)\"; its fields are \(known)")
        }
    }
}

extension Element {
    fileprivate func ownDatatype() throws(ServiceError) -> Datatype { try Self.datatype(for: self) }
}

/// Collects what a value encodes.
private final class RowEncoder: Encoder {
    var node: RowNode?
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func add(_ name: String, _ value: RowNode) {
        guard case .row(let members) = node else { return node = .row([(name, value)]) }
        node = .row(members + [(name, value)])
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(FieldContainer<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { Refusal<NoKey>() }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleValue(encoder: self) }
}

private struct FieldContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: RowEncoder
    let codingPath: [any CodingKey] = []

    func encodeNil(forKey _: Key) {}

    func encode(_ value: some Encodable, forKey key: Key) throws {
        encoder.add(key.stringValue, try RowNode(any: value))
    }

    func nestedContainer<Nested: CodingKey>(keyedBy _: Nested.Type, forKey _: Key) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(Refusal<Nested>())
    }

    func nestedUnkeyedContainer(forKey _: Key) -> any UnkeyedEncodingContainer { Refusal<NoKey>() }

    func superEncoder() -> any Encoder { encoder }

    func superEncoder(forKey _: Key) -> any Encoder { encoder }
}

private struct SingleValue: SingleValueEncodingContainer {
    let encoder: RowEncoder
    let codingPath: [any CodingKey] = []

    func encodeNil() {}

    func encode(_ value: some Encodable) throws {
        encoder.node = try RowNode(any: value)
    }
}

private enum NoKey: CodingKey {}

/// Takes nothing: sequences of what is no element have no datatype.
private struct Refusal<Key: CodingKey>: KeyedEncodingContainerProtocol, UnkeyedEncodingContainer {
    let codingPath: [any CodingKey] = []
    let count = 0

    private var reason: ServiceError {
        ServiceError(
            .invalid, "a row holds elements, rows, and sequences of elements; a struct in one is a CompoundElement")
    }

    func encodeNil() throws { throw reason }
    func encodeNil(forKey _: Key) throws { throw reason }
    func encode(_: some Encodable) throws { throw reason }
    func encode(_: some Encodable, forKey _: Key) throws { throw reason }

    func nestedContainer<Nested: CodingKey>(keyedBy _: Nested.Type) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(Refusal<Nested>())
    }

    func nestedContainer<Nested: CodingKey>(keyedBy _: Nested.Type, forKey _: Key) -> KeyedEncodingContainer<Nested> {
        KeyedEncodingContainer(Refusal<Nested>())
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
    func nestedUnkeyedContainer(forKey _: Key) -> any UnkeyedEncodingContainer { self }
    func superEncoder() -> any Encoder { RowEncoder() }
    func superEncoder(forKey _: Key) -> any Encoder { RowEncoder() }
}
