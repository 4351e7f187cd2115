public import H5Model
public import H5Elements
internal import HDF5

/// The attributes of an object, by name.
public struct ReadableAttributes: ~Escapable, AttributesReading {
    public let scope: FileScope
    public let handle: ObjectHandle

    @_lifetime(immortal)
    init(_ handle: ObjectHandle, _ scope: FileScope) {
        self.handle = handle
        self.scope = scope
    }
}

/// The attributes of an object in a writing scope, by name.
public struct WritableAttributes: ~Escapable, AttributesReading {
    public let scope: FileScope
    public let handle: ObjectHandle

    @_lifetime(immortal)
    init(_ handle: ObjectHandle, _ scope: FileScope) {
        self.handle = handle
        self.scope = scope
    }
}

/// Attributes that can be read.
public protocol AttributesReading: ~Escapable {
    var scope: FileScope { get }
    var handle: ObjectHandle { get }
}

extension AttributesReading where Self: ~Escapable {
    /// The names, in the order of creation where the object tracks it, else by name.
    /// - Throws: `damaged`.
    public var names: [HDF5Name] {
        get throws(ServiceError) { try run { object throws(HDF5Error) in try object.attributeNames() } }
    }

    public var count: Int {
        get throws(ServiceError) { try names.count }
    }

    public func contains(_ name: HDF5Name) throws(ServiceError) -> Bool {
        try names.contains(name)
    }

    /// An attribute's datatype and shape with its value as it travels.
    /// - Throws: `not_found`.
    public func attribute(_ name: HDF5Name) throws(ServiceError) -> Attribute {
        try run { object throws(HDF5Error) in try object.attribute(name, limit: .max) }
    }

    /// The one value of an attribute.
    /// - Throws: `not_found`; `wrong_kind`; `invalid` for an attribute of several values or none, and for a value that does
    ///   not fit.
    public func get<E: Element>(
        _ name: HDF5Name, as type: E.Type = E.self, converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> E {
        let values = try array(name, as: type, converting: conversion)
        guard values.elements.count == 1 else {
            throw ServiceError(.invalid, "\(try title(name)) has \(values.elements.count) values, not one")
        }
        return values.elements[0]
    }

    /// The one value of an attribute, as the type that is wanted.
    /// - Throws: As `get`.
    public subscript<E: Element>(_ name: HDF5Name) -> E {
        get throws(ServiceError) { try get(name) }
    }

    /// All values of an attribute.
    /// - Throws: As `get`, of values; `invalid` for a null dataspace.
    public func array<E: Element>(
        _ name: HDF5Name, as _: E.Type = E.self, converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> NDArray<E> {
        let attribute = try attribute(name)
        let title = try title(name)
        guard let shape = attribute.info.dataspace.shape else {
            throw ServiceError(.invalid, "\(title) has a null dataspace: it holds no value")
        }
        guard let value = attribute.value else {
            throw ServiceError(
                .unsupported, "\(title) holds \(attribute.info.datatype.title), which are not supported")
        }
        return try NDArray(value.bytes, shape: shape, as: value.datatype, conversion, title)
    }

    fileprivate func title(_ name: HDF5Name) throws(ServiceError) -> String {
        "the attribute \"\(name)\" of \(handle.object.path)"
    }

    fileprivate func run<R>(_ operation: (borrowing Object) throws(HDF5Error) -> R) throws(ServiceError) -> R {
        try scope.boundary.run { () throws(HDF5Error) in try operation(handle.object) }
    }
}

extension WritableAttributes {
    /// Makes an attribute with one value, or replaces the one of that name.
    /// - Parameter datatype: Nil for the one of the value's type.
    /// - Throws: `invalid`, `unsupported` or `too_large` for what cannot be stored; `out_of_space`; `damaged`.
    public func set<E: Element>(
        _ name: HDF5Name, to value: E, datatype: Datatype? = nil, converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        try set(name, to: NDArray(scalar: value), datatype: datatype, converting: conversion)
    }

    /// Makes an attribute with values of one dimension, or replaces the one of that name.
    /// - Throws: As `set` of one value.
    public func set<E: Element>(
        _ name: HDF5Name, to values: [E], datatype: Datatype? = nil, converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        try set(name, to: NDArray(values), datatype: datatype, converting: conversion)
    }

    /// Makes an attribute with values of any shape, or replaces the one of that name.
    /// - Throws: As `set` of one value.
    public func set<E: Element>(
        _ name: HDF5Name, to values: NDArray<E>, datatype: Datatype? = nil,
        converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        let type = if let datatype { datatype } else { try E.datatype(for: values.elements.first) }
        let bytes = try values.bytes(as: type.packed(), conversion, try title(name))
        try set(name, values.dataspace, type, bytes)
    }

    /// Makes an attribute without a value (h5py's `Empty`), or replaces the one of that name.
    /// - Throws: As `set` of one value.
    public func setEmpty(_ name: HDF5Name, datatype: Datatype) throws(ServiceError) {
        try set(name, .null, datatype, [])
    }

    /// Gives an attribute another value and keeps its datatype and shape.
    /// - Throws: `not_found`; `invalid` for values of another shape; as `set`.
    public func modify<E: Element>(
        _ name: HDF5Name, to values: NDArray<E>, converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        let info = try attribute(name).info
        guard info.dataspace.shape == values.shape else {
            throw ServiceError(
                .invalid, "\(try title(name)) has the shape \(info.dataspace.shape ?? []), not \(values.shape)")
        }
        let bytes = try values.bytes(as: info.datatype.packed(), conversion, try title(name))
        try run { object throws(HDF5Error) in try object.modifyAttribute(name, bytes) }
    }

    /// Gives an attribute of one value another one and keeps its datatype.
    /// - Throws: As `modify` of values.
    public func modify<E: Element>(
        _ name: HDF5Name, to value: E, converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        try modify(name, to: NDArray(scalar: value), converting: conversion)
    }

    /// Removes an attribute.
    /// - Throws: `not_found`; `damaged`.
    public func remove(_ name: HDF5Name) throws(ServiceError) {
        try run { object throws(HDF5Error) in try object.removeAttribute(name) }
    }

    private func set(
        _ name: HDF5Name, _ dataspace: Dataspace, _ type: Datatype, _ bytes: [UInt8]
    ) throws(ServiceError) {
        try run { object throws(HDF5Error) in
            _ = try object.setAttribute(name, dataspace: dataspace, datatype: type, bytes: bytes)
        }
    }
}
