public import H5Elements
public import H5Model
import HDF5JSON
import HTTPMessage

extension GroupAccess {
    /// Makes a dataset, and the groups on the way to it; until values are written its elements are the fill value.
    /// - Throws: As `createGroup`; `invalid`, `unsupported` or `too_large` for a dataset that cannot be made so.
    @discardableResult
    public func createDataset(
        _ path: some PathConvertible, _ creation: DatasetCreation
    ) async throws(HDF5ClientError) -> RemoteDataset {
        let place = absolute(path)
        let change = Change(target: place.target("datasets"), body: .json(try creation.json))
        return try RemoteDataset(try await place.send(change).object(), at: place)
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
    public func createDataset<E: Element>(
        _ path: some PathConvertible, of type: E.Type, shape: Shape, maximumShape: [Int?]? = nil,
        datatype: Datatype? = nil, chunks: Shape? = nil, filters: [Filter] = [], fillValue: E? = nil
    ) async throws(HDF5ClientError) -> RemoteDataset {
        let options = NewDataset(
            shape: shape, maximumShape: maximumShape, datatype: datatype, chunks: chunks, filters: filters,
            fillValue: fillValue)
        let creation = try locally { () throws(ServiceError) in try options.creation(example: fillValue) }
        return try await createDataset(path, creation)
    }

    /// Makes a dataset of one dimension with values, and the groups on the way to it.
    /// - Parameters:
    ///   - datatype: Nil for the one of the values' type.
    ///   - maximumShape: The extents up to which it can be resized, nil for no limit; the shape where there is none.
    ///   - chunks: The chunks' shape; where there is none, the one that h5py guesses if chunks are needed.
    ///   - filters: In the order in which a writer applies them.
    /// - Throws: As `createDataset` of a shape, and as `write`.
    @discardableResult
    public func createDataset<E: Element>(
        _ path: some PathConvertible, _ values: [E], maximumShape: [Int?]? = nil, datatype: Datatype? = nil,
        chunks: Shape? = nil, filters: [Filter] = [], fillValue: E? = nil, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> RemoteDataset {
        try await createDataset(
            path, NDArray(values), maximumShape: maximumShape, datatype: datatype, chunks: chunks, filters: filters,
            fillValue: fillValue, converting: conversion)
    }

    /// Makes a dataset with values, and the groups on the way to it: in one transaction, up to 8 MiB of values. A larger one
    /// is made first and filled by a second request; it is removed again where that fails.
    /// - Throws: As `createDataset` with values of one dimension.
    @discardableResult
    public func createDataset<E: Element>(
        _ path: some PathConvertible, _ values: NDArray<E>, maximumShape: [Int?]? = nil, datatype: Datatype? = nil,
        chunks: Shape? = nil, filters: [Filter] = [], fillValue: E? = nil, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> RemoteDataset {
        let options = NewDataset(
            shape: values.shape, maximumShape: maximumShape, datatype: datatype, chunks: chunks, filters: filters,
            fillValue: fillValue)
        return try await FilledDataset(options, values, conversion, absolute(path)).create()
    }

    /// Makes a scalar dataset with its value, and the groups on the way to it.
    /// - Throws: As `createDataset` with values of one dimension.
    @discardableResult
    public func createDataset<E: Element>(
        _ path: some PathConvertible, value: E, datatype: Datatype? = nil, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> RemoteDataset {
        try await createDataset(path, NDArray(scalar: value), datatype: datatype, converting: conversion)
    }

    /// Makes a virtual dataset, whose elements are those of other datasets, and the groups on the way to it.
    /// - Parameters:
    ///   - type: Tells the datatype, where none is given.
    ///   - fillValue: What stands where no source does, and where a source is not there.
    /// - Throws: As `createDataset`.
    @discardableResult
    public func createVirtualDataset<E: Element>(
        _ path: some PathConvertible, of type: E.Type, _ layout: VirtualLayout, datatype: Datatype? = nil,
        fillValue: E? = nil
    ) async throws(HDF5ClientError) -> RemoteDataset {
        let options = NewDataset(shape: layout.shape, datatype: datatype, fillValue: fillValue)
        var creation = try locally { () throws(ServiceError) in try options.creation(example: fillValue) }
        creation.sources = layout.sources
        return try await createDataset(path, creation)
    }

    /// Finds a dataset, or makes it where there is nothing.
    /// - Parameter exact: Whether one that is there must have exactly the datatype; else values must be convertible to it.
    /// - Throws: `wrong_kind` for what is no dataset; `exists` for one of another shape or datatype; as `createDataset`.
    @discardableResult
    public func requireDataset<E: Element>(
        _ path: some PathConvertible, of type: E.Type, shape: Shape, datatype: Datatype? = nil, exact: Bool = false
    ) async throws(HDF5ClientError) -> RemoteDataset {
        let place = absolute(path)
        let options = NewDataset<E>(shape: shape, datatype: datatype)
        let creation = try locally { () throws(ServiceError) in try options.creation(example: nil) }
        var target = place.target("datasets")
        target.add("require", "true")
        if exact { target.add("exact", "true") }
        let answer = try await place.send(Change(target: target, body: .json(try creation.json)))
        return try RemoteDataset(try answer.object(), at: place)
    }
}

/// A new dataset and its values.
struct FilledDataset {
    /// More bytes than that are not sent together with the dataset's description.
    private static let mostInline = 8 << 20

    private let place: ObjectPlace
    private let making: Change
    private let writing: Change

    /// - Throws: `invalid`, `wrong_kind` for values that do not fit.
    init<E: Element>(
        _ options: NewDataset<E>, _ values: NDArray<E>, _ conversion: Conversion, _ place: ObjectPlace
    ) throws(HDF5ClientError) {
        self.place = place
        let (creation, bytes) = try locally { () throws(ServiceError) in
            let creation = try options.creation(example: values.elements.first)
            let bytes = try values.bytes(as: creation.datatype.packed(), conversion, "\(place.path)")
            return (creation, bytes)
        }
        making = Change(target: place.target("datasets"), body: .json(try creation.json))
        writing = Change(target: place.target("values"), body: .bytes(bytes))
    }

    /// What makes the dataset and fills it.
    var changes: [Change] { writing.body.content?.isEmpty == false ? [making, writing] : [making] }

    func create() async throws(HDF5ClientError) -> RemoteDataset {
        if (writing.body.content?.count ?? 0) <= Self.mostInline {
            let answers = try await place.client.perform(changes, on: place.file, place.options)
            return try RemoteDataset(try answers.object(0), at: place)
        }
        let dataset = try RemoteDataset(try await place.send(making).object(), at: place)
        do throws(HDF5ClientError) {
            try await place.send(writing)
        } catch {
            // Also where this task is cancelled.
            await Task { [place] in _ = try? await place.send(place.removal) }.value
            throw error
        }
        return dataset
    }
}

extension DatasetCreation {
    /// The body of the request that makes such a dataset.
    /// - Throws: `invalid`, `unsupported` for a fill value that is none of the datatype.
    var json: [UInt8] {
        get throws(HDF5ClientError) {
            let fillValue = try fillValueText
            return JSONWriter.object { json in
                json.key("shape")
                json.shape(dataspace.shape)
                if case .simple(_, let maximum) = dataspace {
                    json.key("maxshape")
                    json.maximumShape(maximum)
                }
                writeDatatype(to: &json)
                writeLayout(to: &json)
                if let fillValue {
                    json.key("fillvalue")
                    json.raw(utf8: fillValue)
                }
                json.member("fillTime", fillTime.rawValue)
                json.key("trackTimes")
                json.bool(tracksTimes)
                json.key("trackOrder")
                json.bool(tracksCreationOrder)
            }
        }
    }

    private var fillValueText: [UInt8]? {
        get throws(HDF5ClientError) {
            guard let fillValue else { return nil }
            return try locally { () throws(ServiceError) in
                try ValueJSON.text(Value(datatype: datatype.packed(), shape: [], bytes: fillValue))
            }
        }
    }

    private func writeDatatype(to json: inout JSONWriter) {
        json.key("datatype")
        guard let committedDatatype else { return DatatypeJSON.write(datatype, to: &json) }
        json.object { $0.member("committed", name: committedDatatype.bytes) }
    }

    private func writeLayout(to json: inout JSONWriter) {
        switch layout {
        case .contiguous: json.member("layout", LayoutName.contiguous.rawValue)
        case .compact: json.member("layout", LayoutName.compact.rawValue)
        case .chunked(let chunk):
            json.key("chunks")
            json.shape(chunk)
        case .automaticChunks:
            json.key("chunks")
            json.bool(true)
        case .unspecified: break
        }
        if !filters.isEmpty {
            json.key("filters")
            FilterJSON.write(filters, to: &json)
        }
        if !sources.isEmpty {
            json.key("virtual")
            VirtualJSON.write(sources, to: &json)
        }
    }
}
