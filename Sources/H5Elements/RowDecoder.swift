internal import H5Model

/// Decodes one compound value into a struct.
struct RowDecoder: Decoder {
    /// What is the same for all rows of a type.
    struct Layout {
        let fields: [Datatype.Field]
        let places: [String: Int]

        init(_ type: Datatype.Compound) {
            fields = type.fields
            places = Dictionary(
                fields.enumerated().map { ($1.name.description, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// The fields of a row, and which of them have been asked for.
    final class Fields {
        let layout: Layout
        /// The sources from which each field's value is taken begin here.
        private var offsets: [Int] = []
        private let source: ElementSource
        private var isAsked: [Bool]

        init(_ source: inout ElementSource, _ layout: Layout) throws(ServiceError) {
            self.layout = layout
            isAsked = Array(repeating: false, count: layout.fields.count)
            self.source = source
            offsets.reserveCapacity(layout.fields.count)
            for field in layout.fields {
                offsets.append(source.offset)
                try source.skipElement(field.type)
            }
        }

        var subject: String { source.subject }

        func contains(_ name: String) -> Bool { layout.places[name] != nil }

        func value(_ name: String) throws(ServiceError) -> (type: Datatype, source: ElementSource) {
            guard let place = layout.places[name] else {
                let names = layout.fields.map(\.name.description).joined(separator: ", ")
                throw ServiceError(.notFound, "\(subject) has no field \"\(name)\"; its fields are \(names)")
            }
            isAsked[place] = true
            return (layout.fields[place].type, source.at(offsets[place], field: name))
        }

        /// The first field that nobody has asked for.
        var extra: HDF5Name? { isAsked.firstIndex(of: false).map { layout.fields[$0].name } }
    }

    let type: Datatype
    let source: ElementSource
    var fields: Fields?
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// Takes a row whose fields must all be asked for.
    static func row<Row: Decodable>(
        _: Row.Type, from source: inout ElementSource, _ type: Datatype, _ layout: Layout
    ) throws(ServiceError) -> Row {
        let fields = try Fields(&source, layout)
        let decoder = RowDecoder(type: type, source: source, fields: fields)
        let row = try rethrowing(source.subject) { try Row(from: decoder) }
        if let extra = fields.extra {
            throw ServiceError(
                .invalid, "\(source.subject) has a field \"\(extra)\", which \(Row.self) does not have")
        }
        return row
    }

    /// Takes a value of any type that can be decoded.
    static func value<Value: Decodable>(
        _: Value.Type, from source: inout ElementSource, as type: Datatype
    ) throws(ServiceError) -> Value {
        if let element = Value.self as? any Element.Type,
            let value = try element.take(from: &source, as: type) as? Value
        {
            return value
        }
        if case .compound(let compound) = type { return try row(Value.self, from: &source, type, Layout(compound)) }
        let decoder = RowDecoder(type: type, source: source)
        return try rethrowing(source.subject) { try Value(from: decoder) }
    }

    private static func rethrowing<R>(_ subject: String, _ body: () throws -> R) throws(ServiceError) -> R {
        do {
            return try body()
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError(.invalid, "\(subject) is not decoded as \(R.self): \(error)")
        }
    }

    func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let fields else { throw source.mismatch(type, KeyedDecodingContainer<Key>.self) }
        return KeyedDecodingContainer(FieldContainer<Key>(fields: fields))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw ServiceError(
            .invalid, "\(source.subject) holds sequences of structs, which have to be a CompoundElement each")
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        SingleValue(type: type, source: source)
    }
}

/// The fields of a row by their names.
private struct FieldContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let fields: RowDecoder.Fields
    let codingPath: [any CodingKey] = []

    var allKeys: [Key] { fields.layout.places.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool {
        fields.contains(key.stringValue)
    }

    /// Only a null reference is nil.
    func decodeNil(forKey key: Key) throws -> Bool {
        var (type, source) = try fields.value(key.stringValue)
        guard case .reference = type else { return false }
        return try source.takeCounted().isEmpty
    }

    func decode<Value: Decodable>(_: Value.Type, forKey key: Key) throws -> Value {
        var (type, source) = try fields.value(key.stringValue)
        return try RowDecoder.value(Value.self, from: &source, as: type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy _: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        var (type, source) = try fields.value(key.stringValue)
        guard case .compound(let compound) = type else { throw source.mismatch(type, Nested.self) }
        let nested = try RowDecoder.Fields(&source, RowDecoder.Layout(compound))
        return KeyedDecodingContainer(FieldContainer<Nested>(fields: nested))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        throw ServiceError(.invalid, "\(fields.subject) holds rows, and rows of classes are not decoded")
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try decoder(key)
    }

    private func decoder(_ key: Key) throws -> RowDecoder {
        let (type, source) = try fields.value(key.stringValue)
        return RowDecoder(type: type, source: source)
    }
}

/// A value that is one element, such as an enumeration's raw value.
private struct SingleValue: SingleValueDecodingContainer {
    let type: Datatype
    let source: ElementSource
    let codingPath: [any CodingKey] = []

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_: Value.Type) throws -> Value {
        guard let element = Value.self as? any Element.Type else { throw source.mismatch(type, Value.self) }
        var source = source
        guard let value = try element.take(from: &source, as: type) as? Value else {
            throw source.mismatch(type, Value.self)
        }
        return value
    }
}

extension ElementSource {
    fileprivate mutating func skipElement(_ type: Datatype) throws(ServiceError) {
        guard type.hasVariableLength else {
            _ = try take(type.size)
            return
        }
        switch type {
        case .compound(let type):
            for field in type.fields { try skipElement(field.type) }
        case .array(let element, let shape):
            for _ in 0..<(shape.elementCount ?? 0) { try skipElement(element) }
        default:
            _ = try takeCounted()
        }
    }
}
