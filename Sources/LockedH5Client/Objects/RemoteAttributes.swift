public import H5Elements
public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

/// The attributes of an object of a file that a server serves, by name.
public struct RemoteAttributes: Sendable {
    let place: ObjectPlace

    /// The names, in the order of creation where the object tracks it, else by name.
    public var names: [HDF5Name] {
        get async throws(HDF5ClientError) { try await all.map(\.name) }
    }

    public var count: Int {
        get async throws(HDF5ClientError) { try await names.count }
    }

    public func contains(_ name: HDF5Name) async throws(HDF5ClientError) -> Bool {
        try await names.contains(name)
    }

    /// An attribute's datatype and shape with its value as it travels.
    /// - Throws: `not_found`; `unsupported` for a datatype whose values are not served.
    public func attribute(_ name: HDF5Name) async throws(HDF5ClientError) -> Attribute {
        let request = place.client.request(target(name), accept: "application/octet-stream", place.options)
        let answer = try await place.client.send(request, place.options)
        var type: Datatype?
        if answer.toldDatatype == nil {
            type = try await all.first { $0.name == name }?.datatype.packed()
        }
        let (value, datatype) = try answer.valueAndType(as: type)
        let space = value.map { $0.shape.isEmpty ? Dataspace.scalar : .simple($0.shape, maximum: $0.shape) } ?? .null
        return Attribute(info: AttributeInfo(name: name, dataspace: space, datatype: datatype), value: value)
    }

    /// The one value of an attribute.
    /// - Throws: `not_found`; `wrong_kind`; `invalid` for an attribute of several values or none, and for a value that does
    ///   not fit.
    public func get<E: Element>(
        _ name: HDF5Name, as type: E.Type = E.self, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> E {
        let values = try await array(name, as: type, converting: conversion)
        guard values.elements.count == 1 else {
            throw invalid("\(title(name)) has \(values.elements.count) values, not one")
        }
        return values.elements[0]
    }

    /// The one value of an attribute, as the type that is wanted.
    /// - Throws: As `get`.
    public subscript<E: Element>(_ name: HDF5Name) -> E {
        get async throws(HDF5ClientError) { try await get(name) }
    }

    /// All values of an attribute.
    /// - Throws: As `get`, of values; `invalid` for a null dataspace.
    public func array<E: Element>(
        _ name: HDF5Name, as _: E.Type = E.self, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> NDArray<E> {
        guard let value = try await attribute(name).value else {
            throw invalid("\(title(name)) has a null dataspace: it holds no value")
        }
        return try locally { () throws(ServiceError) in
            try NDArray(value.bytes, shape: value.shape, as: value.datatype, conversion, title(name))
        }
    }

    private var all: [AttributeDescription] {
        get async throws(HDF5ClientError) {
            try await place.client.attributes(of: place.path, in: place.file, options: place.options)
        }
    }

    private func target(_ name: HDF5Name) -> ResourceTarget {
        ResourceTarget(attribute: name, of: place.path, in: place.file)
    }

    private func title(_ name: HDF5Name) -> String {
        "the attribute \"\(name)\" of \(place.path)"
    }

    private func invalid(_ message: String) -> HDF5ClientError {
        HDF5ClientError(ServiceError(.invalid, message))
    }
}

extension RemoteAttributes {
    /// Makes an attribute with one value, or replaces the one of that name.
    /// - Parameter datatype: Nil for the one of the value's type.
    /// - Throws: `invalid`, `unsupported` or `too_large` for what cannot be stored.
    public func set<E: Element>(
        _ name: HDF5Name, to value: E, datatype: Datatype? = nil, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        try await set(name, to: NDArray(scalar: value), datatype: datatype, converting: conversion)
    }

    /// Makes an attribute with values of one dimension, or replaces the one of that name.
    /// - Throws: As `set` of one value.
    public func set<E: Element>(
        _ name: HDF5Name, to values: [E], datatype: Datatype? = nil, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        try await set(name, to: NDArray(values), datatype: datatype, converting: conversion)
    }

    /// Makes an attribute with values of any shape, or replaces the one of that name.
    /// - Throws: As `set` of one value.
    public func set<E: Element>(
        _ name: HDF5Name, to values: NDArray<E>, datatype: Datatype? = nil,
        converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        let value = try locally { () throws(ServiceError) in
            let type = if let datatype { datatype } else { try E.datatype(for: values.elements.first) }
            let bytes = try values.bytes(as: type.packed(), conversion, title(name))
            return Value(datatype: type, shape: values.shape, bytes: bytes)
        }
        try await place.send(try .setAttribute(name, of: place.path, in: place.file, value))
    }

    /// Makes an attribute without a value (h5py's `Empty`), or replaces the one of that name.
    /// - Throws: As `set` of one value.
    public func setEmpty(_ name: HDF5Name, datatype: Datatype) async throws(HDF5ClientError) {
        let target = ResourceTarget(attribute: name, of: place.path, in: place.file, datatype, nil)
        try await place.send(Change(target: target, body: .json(Array("null".utf8))))
    }

    /// Gives an attribute another value and keeps its datatype and shape.
    /// - Throws: `not_found`; `invalid` for values of another shape; as `set`.
    public func modify<E: Element>(
        _ name: HDF5Name, to values: NDArray<E>, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        let info = try await attribute(name).info
        guard info.dataspace.shape == values.shape else {
            throw invalid("\(title(name)) has the shape \(info.dataspace.shape ?? []), not \(values.shape)")
        }
        let text = try locally { () throws(ServiceError) in
            let bytes = try values.bytes(as: info.datatype, conversion, title(name))
            return try ValueJSON.text(Value(datatype: info.datatype, shape: values.shape, bytes: bytes))
        }
        try await place.send(Change(method: .patch, target: target(name), body: .json(text)))
    }

    /// Gives an attribute of one value another one and keeps its datatype.
    /// - Throws: As `modify` of values.
    public func modify<E: Element>(
        _ name: HDF5Name, to value: E, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        try await modify(name, to: NDArray(scalar: value), converting: conversion)
    }

    /// Removes an attribute.
    /// - Throws: `not_found`.
    public func remove(_ name: HDF5Name) async throws(HDF5ClientError) {
        try await place.send(.removeAttribute(name, of: place.path, in: place.file))
    }
}
