public import H5Elements
public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

extension RemoteDataset {
    /// Reads the selected elements.
    ///
    ///     let t = try await file.dataset("entry/t").read(as: Float.self, 0..<10, .all)
    ///
    /// - Parameters:
    ///   - selection: One item a dimension; missing ones at the end are whole, and with none all is read.
    ///   - fields: Of a compound only these fields.
    /// - Throws: `out_of_bounds`; `wrong_kind` for a datatype that is not read as `E`; `invalid` for a value that `E` cannot
    ///   hold, and for a null dataspace; `unsupported` for a layout, filter or datatype that cannot be read; `damaged`.
    public func read<E: Element, each Axis: AxisSelection>(
        as type: E.Type = E.self, _ selection: repeat each Axis, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> NDArray<E> {
        try await read(try SelectionExpression.of(repeat each selection), fields, conversion)
    }

    /// Reads the one selected element.
    /// - Throws: As `read`; `invalid` for a selection of several elements or none.
    public func value<E: Element, each Axis: AxisSelection>(
        as type: E.Type = E.self, _ selection: repeat each Axis, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> E {
        let values = try await read(as: type, repeat each selection, converting: conversion)
        guard values.elements.count == 1 else {
            throw invalid("\(values.elements.count) elements of \(path) are selected, not one")
        }
        return values.elements[0]
    }

    /// Reads a selection that was made for the dataset's shape.
    /// - Throws: As `read`.
    public func read<E: Element>(
        as _: E.Type = E.self, _ selection: Hyperslab, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> NDArray<E> {
        try await read(selection.expression, fields, conversion)
    }

    /// Reads the elements at points, in their order.
    /// - Parameter points: The index in each dimension; a point may stand twice.
    /// - Throws: As `read`.
    public func read<E: Element>(
        as _: E.Type = E.self, points: [[Int]], fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> [E] {
        try await read(try chosen(points), fields, conversion)
    }

    /// Reads the elements where the mask is true, in row-major order.
    /// - Parameter mask: Of the dataset's shape.
    /// - Throws: As `read`; `invalid` for a mask of another shape.
    public func read<E: Element>(
        as _: E.Type = E.self, mask: NDArray<Bool>, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> [E] {
        try await read(try chosen(mask), fields, conversion)
    }

    private func read<E: Element>(
        _ selection: SelectionExpression, _ fields: [HDF5Name]?, _ conversion: Conversion
    ) async throws(HDF5ClientError) -> NDArray<E> {
        let text = selection.text
        if text.utf8.count > ResourceTarget.longestSelect {
            let body = JSONWriter.object { $0.member("select", text) }
            return try array(try await select(.json(body), fields), fields, conversion)
        }
        let target = try valuesTarget(text.isEmpty ? nil : text, fields)
        let request = place.client.request(target, accept: "application/octet-stream", place.options)
        return try array(try await place.client.send(request, place.options), fields, conversion)
    }

    private func read<E: Element>(
        _ points: Points, _ fields: [HDF5Name]?, _ conversion: Conversion
    ) async throws(HDF5ClientError) -> [E] {
        if points.count == 0 { return [] }
        return try array(try await select(.bytes(points.bytes), fields), fields, conversion).elements
    }

    /// The answer to a request whose body chooses the elements.
    private func select(_ body: Change.Body, _ fields: [HDF5Name]?) async throws(HDF5ClientError) -> Answer {
        var request = place.client.request(
            try valuesTarget(nil, fields), method: .post, accept: "application/octet-stream", place.options)
        request.headerFields[.contentType] = body.mediaType
        return try await place.client.send(request, body: body.content, repetition: .reads, place.options)
    }

    private func array<E: Element>(
        _ answer: Answer, _ fields: [HDF5Name]?, _ conversion: Conversion
    ) throws(HDF5ClientError) -> NDArray<E> {
        guard let value = try answer.value(as: try wireType(fields, order: .little)) else {
            throw invalid("\(path) has a null dataspace")
        }
        return try locally { () throws(ServiceError) in
            try NDArray(value.bytes, shape: value.shape, as: value.datatype, conversion, "\(path)")
        }
    }

    private func valuesTarget(_ select: String?, _ fields: [HDF5Name]?) throws(HDF5ClientError) -> ResourceTarget {
        _ = try wireType(fields)
        return ResourceTarget(littleEndianValuesOf: path, in: servedPath, select: select, fields: fields ?? [])
    }

    func chosen(_ points: [[Int]]) throws(HDF5ClientError) -> Points {
        let shape = try shape
        return try locally { () throws(ServiceError) in try Points(points, in: shape, "\(path)") }
    }

    func chosen(_ mask: NDArray<Bool>) throws(HDF5ClientError) -> Points {
        let shape = try shape
        return try locally { () throws(ServiceError) in try Points(mask, in: shape, "\(path)") }
    }

    /// A reference to the selected elements.
    /// - Throws: `out_of_bounds`.
    public func regionReference<each Axis: AxisSelection>(
        _ selection: repeat each Axis
    ) throws(HDF5ClientError) -> Reference {
        let expression = try SelectionExpression.of(repeat each selection)
        let shape = try shape
        _ = try locally { () throws(ServiceError) in try expression.resolved(in: shape) }
        var reference = reference
        reference.region = expression.text
        return reference
    }

    /// Reads the elements of a region, in the order of its parts.
    /// - Throws: As `read`; `invalid` for a reference without a region, or to another object.
    public func read<E: Element>(
        as type: E.Type = E.self, region: Reference, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) -> [E] {
        guard let text = region.region, region.path == path else {
            throw invalid("the reference is not one to a region of \(path)")
        }
        var elements: [E] = []
        for part in text.split(separator: ";") {
            let selection = try locally { () throws(ServiceError) in try SelectionExpression(parsing: String(part)) }
            let values: NDArray<E> = try await read(selection, nil, conversion)
            elements += values.elements
        }
        return elements
    }
}

extension Points {
    /// The indices as unsigned little-endian integers of 64 bits, as the server takes them.
    fileprivate var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 * coordinates.count)
        for index in coordinates { withUnsafeBytes(of: UInt64(index).littleEndian) { bytes += $0 } }
        return bytes
    }
}
