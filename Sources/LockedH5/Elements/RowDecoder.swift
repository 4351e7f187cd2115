internal import H5Model

/// Decodes one compound value into a struct.
struct RowDecoder: Decoder {
    /// The fields of a row, and which of them have been asked for.
    final class Fields {
        let subject: String
        let conversion: Conversion
        let values: [String: (type: Datatype, bytes: [UInt8])]
        var asked: Set<String> = []

        init(_ source: inout ElementSource, _ type: Datatype.Compound) throws(ServiceError) {
            subject = source.subject
            conversion = source.conversion
            var values: [String: (type: Datatype, bytes: [UInt8])] = [:]
            for field in type.fields {
                values[field.name.description] = (field.type, Array(try source.takeElement(field.type)))
            }
            self.values = values
        }

        func value(_ name: String) throws(ServiceError) -> (type: Datatype, source: ElementSource) {
            asked.insert(name)
            guard let value = values[name] else {
                throw ServiceError(.notFound, "\(subject) has no field \"\(name)\"; its fields are \(names)")
            }
            let source = ElementSource(
                value.bytes, conversion: conversion, subject: "field \"\(name)\" of \(subject)")
            return (value.type, source)
        }

        var names: String { values.keys.sorted().joined(separator: ", ") }
    }

    let type: Datatype
    let source: ElementSource
    var fields: Fields?
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// Takes a row whose fields must all be asked for.
    static func row<Row: Decodable>(
        _: Row.Type, from source: inout ElementSource, _ type: Datatype.Compound
    ) throws(ServiceError) -> Row {
        let fields = try Fields(&source, type)
        let decoder = RowDecoder(type: .compound(type), source: source, fields: fields)
        let row = try rethrowing(source.subject) { try Row(from: decoder) }
        if let extra = fields.values.keys.filter({ !fields.asked.contains($0) }).min() {
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
        if case .compound(let compound) = type { return try row(Value.self, from: &source, compound) }
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

    var allKeys: [Key] { fields.values.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool {
        fields.values[key.stringValue] != nil
    }

    /// Only a null reference is nil.
    func decodeNil(forKey key: Key) throws -> Bool {
        let (type, source) = try fields.value(key.stringValue)
        guard case .reference = type else { return false }
        return source.bytes == [0, 0, 0, 0]
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
        return KeyedDecodingContainer(FieldContainer<Nested>(fields: try RowDecoder.Fields(&source, compound)))
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
    /// Takes the bytes of one element.
    fileprivate mutating func takeElement(_ type: Datatype) throws(ServiceError) -> ArraySlice<UInt8> {
        let start = offset
        try skipElement(type)
        return bytes[start..<offset]
    }

    private mutating func skipElement(_ type: Datatype) throws(ServiceError) {
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
