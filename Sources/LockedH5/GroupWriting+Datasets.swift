public import H5Model
public import H5Elements
internal import HDF5

extension GroupWriting where Self: ~Copyable & ~Escapable {
    /// Makes a dataset, and the groups on the way to it; until values are written its elements are the fill value.
    /// - Throws: As `createGroup`; `invalid`, `unsupported` or `too_large` for a dataset that cannot be made so.
    @discardableResult
    @_lifetime(copy self)
    public func createDataset(
        _ path: some PathConvertible, _ creation: DatasetCreation
    ) throws(ServiceError) -> WritableDataset {
        let place = absolute(path)
        try scope.run { file throws(HDF5Error) in try file.createDataset(at: place, creation) }
        return try dataset(place)
    }

    /// Makes a dataset to which no link leads. It is gone when the scope ends, unless a link to it is made.
    /// - Throws: As `createDataset`.
    @_lifetime(copy self)
    public func createAnonymousDataset(_ creation: DatasetCreation) throws(ServiceError) -> WritableDataset {
        let made = try scope.run { file throws(HDF5Error) in try file.createAnonymousDataset(creation) }
        return _overrideLifetime(
            WritableDataset(ObjectHandle(made, isAnonymous: true), scope), copying: self)
    }

    /// Makes a dataset of a shape, and the groups on the way to it; until values are written its elements are the fill
    /// value.
    /// - Parameters:
    ///   - type: Tells the datatype, where none is given.
    ///   - shape: The extents: `[]` for a scalar.
    ///   - maximumShape: The extents up to which it can be resized, nil for no limit; the shape where there is none.
    ///   - chunks: The chunks' shape; where there is none, the one that h5py guesses if chunks are needed.
    ///   - filters: In the order in which a writer applies them.
    /// - Throws: As `createDataset` with everything chosen.
    @discardableResult
    @_lifetime(copy self)
    public func createDataset<E: Element>(
        _ path: some PathConvertible, of type: E.Type, shape: Shape, maximumShape: [Int?]? = nil,
        datatype: Datatype? = nil, chunks: Shape? = nil, filters: [Filter] = [], fillValue: E? = nil
    ) throws(ServiceError) -> WritableDataset {
        let options = NewDataset(
            shape: shape, maximumShape: maximumShape, datatype: datatype, chunks: chunks, filters: filters,
            fillValue: fillValue)
        return try createDataset(path, try options.creation(example: fillValue))
    }

    /// Makes a dataset of one dimension with values, and the groups on the way to it.
    /// - Parameters:
    ///   - datatype: Nil for the one of the values' type.
    ///   - maximumShape: The extents up to which it can be resized, nil for no limit; the shape where there is none.
    ///   - chunks: The chunks' shape; where there is none, the one that h5py guesses if chunks are needed.
    ///   - filters: In the order in which a writer applies them.
    /// - Throws: As `createDataset` of a shape, and as `write`.
    @discardableResult
    @_lifetime(copy self)
    public func createDataset<E: Element>(
        _ path: some PathConvertible, _ values: [E], maximumShape: [Int?]? = nil, datatype: Datatype? = nil,
        chunks: Shape? = nil, filters: [Filter] = [], fillValue: E? = nil, converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> WritableDataset {
        try createDataset(
            path, NDArray(values), maximumShape: maximumShape, datatype: datatype, chunks: chunks, filters: filters,
            fillValue: fillValue, converting: conversion)
    }

    /// Makes a dataset with values, and the groups on the way to it.
    /// - Throws: As `createDataset` with values of one dimension.
    @discardableResult
    @_lifetime(copy self)
    public func createDataset<E: Element>(
        _ path: some PathConvertible, _ values: NDArray<E>, maximumShape: [Int?]? = nil, datatype: Datatype? = nil,
        chunks: Shape? = nil, filters: [Filter] = [], fillValue: E? = nil, converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> WritableDataset {
        let options = NewDataset(
            shape: values.shape, maximumShape: maximumShape, datatype: datatype, chunks: chunks, filters: filters,
            fillValue: fillValue)
        let creation = try options.creation(example: values.elements.first ?? fillValue)
        let place = absolute(path)
        // What cannot be written is found before anything is made.
        let bytes = try values.bytes(as: creation.datatype.packed(), conversion, "\(place)")
        let made = try createDataset(place, creation)
        try made.write(bytes, Selection(all: values.shape), as: creation.datatype.packed())
        return made
    }

    /// Makes a scalar dataset with its value, and the groups on the way to it.
    /// - Throws: As `createDataset` with values of one dimension.
    @discardableResult
    @_lifetime(copy self)
    public func createDataset<E: Element>(
        _ path: some PathConvertible, value: E, datatype: Datatype? = nil, converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> WritableDataset {
        try createDataset(path, NDArray(scalar: value), datatype: datatype, converting: conversion)
    }

    /// Opens a dataset, or makes it where there is nothing.
    /// - Parameter exact: Whether one that is there must have exactly the datatype; else values must be convertible to it.
    /// - Throws: `wrong_kind` for what is no dataset; `exists` for one of another shape or datatype; as `createDataset`.
    @discardableResult
    @_lifetime(copy self)
    public func requireDataset<E: Element>(
        _ path: some PathConvertible, of type: E.Type, shape: Shape, datatype: Datatype? = nil, exact: Bool = false
    ) throws(ServiceError) -> WritableDataset {
        guard try contains(path) else {
            return try createDataset(path, of: type, shape: shape, datatype: datatype)
        }
        let found = try dataset(path)
        guard found.dataspace.shape == shape else {
            throw ServiceError(.exists, "\(found.title) has the shape \(found.dataspace.shape ?? []), not \(shape)")
        }
        let wanted = if let datatype { datatype } else { try E.datatype(for: nil) }
        guard found.datatype == wanted || !exact && wanted.isConvertible(to: found.datatype) else {
            throw ServiceError(
                .exists, "\(found.title) holds \(found.datatype.title), not \(wanted.title)\(exact ? " exactly" : "")")
        }
        return found
    }
}

extension Datatype {
    /// Whether every number of this type is one of `other`, as NumPy's safe casting has it; other types must be equal.
    fileprivate func isConvertible(to other: Datatype) -> Bool {
        switch (self, other) {
        case (.integer(let from), .integer(let to)):
            from.isSigned == to.isSigned ? from.size <= to.size : to.isSigned && from.size < to.size
        case (.integer(let from), .float(let to)): from.size < to.size || from.size == 8 && to.size == 8
        case (.float(let from), .float(let to)): from.size <= to.size
        case (.string(let from), .string(let to)): from.length <= to.length
        default: packed(order: .little) == other.packed(order: .little)
        }
    }
}
