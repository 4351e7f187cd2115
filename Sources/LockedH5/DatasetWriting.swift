public import H5Model
public import H5Elements
internal import HDF5

/// A dataset inside a writing scope.
public protocol DatasetWriting: DatasetReading, ObjectWriting, ~Copyable, ~Escapable {}

extension DatasetWriting where Self: ~Copyable & ~Escapable {
    /// Writes the selected elements.
    ///
    ///     try file.dataset("entry/t").write([1.5, 2.5], 3, 0..<2)
    ///
    /// - Parameters:
    ///   - values: As many as are selected, row-major; one value is written to all of them.
    ///   - fields: Of a compound only these fields; the others keep their values.
    /// - Throws: `out_of_bounds`; `wrong_kind` for a datatype that is not written from `E`; `invalid` for a value that it
    ///   cannot hold, for another number of values, and for a null dataspace; `unsupported` for a layout, filter or
    ///   datatype that cannot be written; `out_of_space`; `damaged`.
    public func write<E: Element, each Axis: AxisSelection>(
        _ values: [E], _ selection: repeat each Axis, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        let expression = try SelectionExpression(axes: repeat each selection)
        try write(values, .hyperslab(try expression.resolved(in: try shape)), fields, conversion)
    }

    /// Writes values with a shape, which is the selection's.
    /// - Throws: As `write` of a list; `invalid` for values of another shape.
    public func write<E: Element, each Axis: AxisSelection>(
        _ values: NDArray<E>, _ selection: repeat each Axis, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        let selection = try SelectionExpression(axes: repeat each selection).resolved(in: try shape)
        guard values.shape == selection.resultShape else {
            throw ServiceError(
                .invalid, "the selection of \(title) has the shape \(selection.resultShape), not \(values.shape)")
        }
        try write(values.elements, .hyperslab(selection), fields, conversion)
    }

    /// Writes one value to all selected elements.
    /// - Throws: As `write` of a list.
    public func write<E: Element, each Axis: AxisSelection>(
        value: E, _ selection: repeat each Axis, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        let selection = try SelectionExpression(axes: repeat each selection).resolved(in: try shape)
        guard let count = selection.elementCount else {
            throw ServiceError(.tooLarge, "this selection of \(title) has more elements than can be counted")
        }
        try write([E](repeating: value, count: count), .hyperslab(selection), fields, conversion)
    }

    /// Writes the elements at points, in their order; of a point that stands twice the last value stays.
    /// - Throws: As `write` of a list.
    public func write<E: Element>(
        _ values: [E], points: [[Int]], fields: [HDF5Name]? = nil, converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        try write(values, .points(try Points(points, in: try shape, title)), fields, conversion)
    }

    /// Writes the elements where the mask is true, in row-major order.
    /// - Throws: As `write` of a list; `invalid` for a mask of another shape.
    public func write<E: Element>(
        _ values: [E], mask: NDArray<Bool>, fields: [HDF5Name]? = nil, converting conversion: Conversion = .lossless
    ) throws(ServiceError) {
        try write(values, .points(try Points(mask, in: try shape, title)), fields, conversion)
    }

    /// Gives a chunked dataset another shape, up to its maximum; elements outside the new shape are dropped.
    /// - Throws: `unsupported` for a dataset without chunks; `invalid` for another rank; `out_of_bounds` beyond the maximum
    ///   shape; `out_of_space`; `damaged`.
    public func resize(to shape: Shape) throws(ServiceError) {
        try scope.run { file throws(HDF5Error) in
            try datasetHandle.dataset.resize(to: shape)
            try datasetHandle.refresh(in: file)
        }
    }

    private func write<E: Element>(
        _ values: [E], _ selection: Selection, _ fields: [HDF5Name]?, _ conversion: Conversion
    ) throws(ServiceError) {
        guard values.count == selection.elementCount else {
            throw ServiceError(
                .invalid,
                "the selection of \(title) has the shape \(selection.resultShape), not \(values.count) elements")
        }
        let type = try wireType(fields)
        try write(try NDArray(values).bytes(as: type, conversion, title), selection, as: type)
    }

    /// Writes elements as they travel.
    func write(_ bytes: [UInt8], _ selection: Selection, as type: Datatype) throws(ServiceError) {
        try scope.boundary.run { () throws(HDF5Error) in
            let result = bytes.withUnsafeBytes { bytes in
                Result { () throws(HDF5Error) in try datasetHandle.dataset.write(selection, as: type, bytes) }
            }
            try result.get()
        }
    }
}
