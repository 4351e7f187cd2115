public import H5Elements
public import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes

extension RemoteDataset {
    /// Writes the selected elements, in one transaction.
    ///
    ///     try await file.dataset("entry/t").write([1.5, 2.5], 3, 0..<2)
    ///
    /// - Parameters:
    ///   - values: As many as are selected, row-major.
    ///   - fields: Of a compound only these fields; the others keep their values.
    /// - Throws: `out_of_bounds`; `wrong_kind` for a datatype that is not written from `E`; `invalid` for a value that it
    ///   cannot hold, for another number of values, and for a null dataspace; `unsupported` for a layout, filter or
    ///   datatype that cannot be written; `out_of_space`; `damaged`.
    public func write<E: Element, each Axis: AxisSelection>(
        _ values: [E], _ selection: repeat each Axis, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        let selection = try resolved(try SelectionExpression.of(repeat each selection))
        try await write(values, selection, fields, conversion)
    }

    /// Writes values with a shape, which is the selection's.
    /// - Throws: As `write` of a list; `invalid` for values of another shape.
    public func write<E: Element, each Axis: AxisSelection>(
        _ values: NDArray<E>, _ selection: repeat each Axis, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        let selection = try resolved(try SelectionExpression.of(repeat each selection))
        guard values.shape == selection.resultShape else {
            throw invalid("the selection of \(path) has the shape \(selection.resultShape), not \(values.shape)")
        }
        try await write(values.elements, selection, fields, conversion)
    }

    /// Writes one value to all selected elements; it is sent once.
    /// - Throws: As `write` of a list.
    public func write<E: Element, each Axis: AxisSelection>(
        value: E, _ selection: repeat each Axis, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        let selection = try resolved(try SelectionExpression.of(repeat each selection))
        let text = try text([value], shape: [], fields, conversion)
        try await place.send(Change(target: target(selection, fields), body: .json(text)))
    }

    /// Writes the elements at points, in their order; of a point that stands twice the last value stays.
    /// - Throws: As `write` of a list.
    public func write<E: Element>(
        _ values: [E], points: [[Int]], fields: [HDF5Name]? = nil, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        try await write(values, try chosen(points), fields, conversion)
    }

    /// Writes the elements where the mask is true, in row-major order.
    /// - Throws: As `write` of a list; `invalid` for a mask of another shape.
    public func write<E: Element>(
        _ values: [E], mask: NDArray<Bool>, fields: [HDF5Name]? = nil, converting conversion: Conversion = .lossless
    ) async throws(HDF5ClientError) {
        try await write(values, try chosen(mask), fields, conversion)
    }

    /// Gives a chunked dataset another shape, up to its maximum; elements outside the new shape are dropped.
    /// - Throws: `unsupported` for a dataset without chunks; `invalid` for another rank; `out_of_bounds` beyond the maximum
    ///   shape; `out_of_space`; `damaged`.
    public func resize(to shape: Shape) async throws(HDF5ClientError) {
        let body = JSONWriter.object { json in
            json.key("shape")
            json.shape(shape)
        }
        let change = Change(method: .patch, target: place.target("datasets"), body: .json(body))
        let resized = try RemoteDataset(try await place.send(change).object(), at: place)
        described.update(resized.described.value)
    }

    private func write<E: Element>(
        _ values: [E], _ selection: Hyperslab, _ fields: [HDF5Name]?, _ conversion: Conversion
    ) async throws(HDF5ClientError) {
        try check(values.count, selection.elementCount, selection.resultShape)
        let bytes = try bytes(values, fields, conversion)
        if bytes.isEmpty { return }
        try await place.send(Change(target: target(selection, fields), body: .bytes(bytes)))
    }

    private func write<E: Element>(
        _ values: [E], _ points: Points, _ fields: [HDF5Name]?, _ conversion: Conversion
    ) async throws(HDF5ClientError) {
        try check(values.count, points.count, [points.count])
        if values.isEmpty { return }
        let text = try text(values, shape: [values.count], fields, conversion)
        let body = JSONWriter.object { json in
            json.key("points")
            json.array { json in
                for point in 0..<points.count { json.shape(Array(points[point])) }
            }
            json.key("set")
            json.raw(utf8: text)
        }
        let target = ResourceTarget(valuesOf: path, in: servedPath, select: nil, fields: fields ?? [])
        try await place.send(Change(method: .patch, target: target, body: .json(body)))
    }

    private func check(_ given: Int, _ selected: Int?, _ shape: Shape) throws(HDF5ClientError) {
        if given == selected { return }
        throw invalid("the selection of \(path) has the shape \(shape), not \(given) elements")
    }

    private func resolved(_ expression: SelectionExpression) throws(HDF5ClientError) -> Hyperslab {
        let shape = try shape
        return try locally { () throws(ServiceError) in try expression.resolved(in: shape) }
    }

    private func target(_ selection: Hyperslab, _ fields: [HDF5Name]?) -> ResourceTarget {
        let text = selection.expression.text
        return ResourceTarget(
            valuesOf: path, in: servedPath, select: text.isEmpty ? nil : text, fields: fields ?? [])
    }

    private func bytes<E: Element>(
        _ values: [E], _ fields: [HDF5Name]?, _ conversion: Conversion
    ) throws(HDF5ClientError) -> [UInt8] {
        let type = try wireType(fields)
        return try locally { () throws(ServiceError) in try NDArray(values).bytes(as: type, conversion, "\(path)") }
    }

    private func text<E: Element>(
        _ values: [E], shape: Shape, _ fields: [HDF5Name]?, _ conversion: Conversion
    ) throws(HDF5ClientError) -> [UInt8] {
        let value = Value(
            datatype: try wireType(fields), shape: shape, bytes: try bytes(values, fields, conversion))
        return try locally { () throws(ServiceError) in try ValueJSON.text(value) }
    }
}
