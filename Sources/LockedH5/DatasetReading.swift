public import H5Model
public import H5Elements
internal import HDF5

/// A dataset inside a scope.
public protocol DatasetReading: ObjectReading, ~Copyable, ~Escapable {
    /// The dataset as the scope has it open.
    var datasetHandle: ObjectHandle { get }
}

extension DatasetReading where Self: ~Copyable & ~Escapable {
    public var handle: ObjectHandle { datasetHandle }
    public var path: ObjectPath? { datasetHandle.path }
    public var dataspace: Dataspace { datasetHandle.dataset.dataspace }
    /// The type as it is stored; `packed` makes the type in which values travel.
    public var datatype: Datatype { datasetHandle.dataset.datatype }
    public var layout: Layout { datasetHandle.dataset.layout }

    /// The extents: `[]` for a scalar.
    /// - Throws: `invalid` for a null dataspace, which has none.
    public var shape: Shape {
        get throws(ServiceError) {
            guard let shape = dataspace.shape else { throw ServiceError(.invalid, "\(title) has a null dataspace") }
            return shape
        }
    }

    /// The extents up to which the dataset can be resized; nil for no limit.
    /// - Throws: As `shape`.
    public var maximumShape: [Int?] {
        get throws(ServiceError) {
            guard let shape = dataspace.maximumShape else {
                throw ServiceError(.invalid, "\(title) has a null dataspace")
            }
            return shape
        }
    }

    /// The chunks' shape; nil without chunks.
    public var chunks: Shape? {
        if case .chunked(let shape) = layout { shape } else { nil }
    }

    /// The number of elements; none for a null dataspace.
    /// - Throws: `too_large` where they cannot be counted.
    public var size: Int {
        get throws(ServiceError) {
            guard let shape = dataspace.shape else { return 0 }
            guard let count = shape.elementCount else {
                throw ServiceError(.tooLarge, "\(title) has more elements than can be counted")
            }
            return count
        }
    }

    /// Bytes of all elements as they travel, without filters; what has variable length by its heap references.
    /// - Throws: As `size`.
    public var byteCount: Int {
        get throws(ServiceError) {
            let (bytes, overflow) = try size.multipliedReportingOverflow(by: datatype.size)
            if overflow { throw ServiceError(.tooLarge, "\(title) has more bytes than can be counted") }
            return bytes
        }
    }

    /// The first dimension's extent.
    /// - Throws: `invalid` for a scalar and for a null dataspace.
    public var count: Int {
        get throws(ServiceError) {
            guard let first = try shape.first else {
                throw ServiceError(.invalid, "\(title) is a scalar: it has no count")
            }
            return first
        }
    }

    /// Everything that describes the dataset, its filters and storage too; for a chunked one that is a pass over its index
    /// of chunks.
    /// - Throws: `damaged`.
    public var info: DatasetInfo {
        get throws(ServiceError) {
            try scope.boundary.run { () throws(HDF5Error) in try datasetHandle.dataset.info() }
        }
    }

    /// The filters, in the order in which a writer applies them.
    /// - Throws: `damaged`.
    public var filters: [Filter] {
        get throws(ServiceError) {
            try scope.boundary.run { () throws(HDF5Error) in try datasetHandle.dataset.filters() }
        }
    }

    /// What elements are that were never written; nil where that is not defined.
    /// - Throws: `wrong_kind`; `invalid` for a value that does not fit.
    public func fillValue<E: Element>(as _: E.Type = E.self) throws(ServiceError) -> E? {
        guard let bytes = try info.fillValue else { return nil }
        var source = ElementSource(bytes, conversion: .lossless, subject: "the fill value of \(title)")
        return try E.take(from: &source, as: datatype.packed())
    }

    /// Reads the selected elements.
    ///
    ///     let t = try file.dataset("entry/t").read(as: Float.self, 0..<10, .all)
    ///
    /// - Parameters:
    ///   - selection: One item a dimension; missing ones at the end are whole, and with none all is read.
    ///   - fields: Of a compound only these fields.
    /// - Throws: `out_of_bounds`; `wrong_kind` for a datatype that is not read as `E`; `invalid` for a value that `E` cannot
    ///   hold, and for a null dataspace; `unsupported` for a layout, filter or datatype that cannot be read; `damaged`.
    public func read<E: Element, each Axis: AxisSelection>(
        as type: E.Type = E.self, _ selection: repeat each Axis, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> NDArray<E> {
        let expression = try SelectionExpression(axes: repeat each selection)
        return try read(as: type, try expression.resolved(in: try shape), fields: fields, converting: conversion)
    }

    /// Reads the one selected element.
    /// - Throws: As `read`; `invalid` for a selection of several elements or none.
    public func value<E: Element, each Axis: AxisSelection>(
        as type: E.Type = E.self, _ selection: repeat each Axis, converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> E {
        let values = try read(as: type, repeat each selection, converting: conversion)
        guard values.elements.count == 1 else {
            throw ServiceError(.invalid, "\(values.elements.count) elements of \(title) are selected, not one")
        }
        return values.elements[0]
    }

    /// Reads a selection that was made for the dataset's shape.
    /// - Throws: As `read`.
    public func read<E: Element>(
        as _: E.Type = E.self, _ selection: Hyperslab, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> NDArray<E> {
        try read(.hyperslab(selection), fields, conversion)
    }

    /// Reads the elements at points, in their order.
    /// - Parameter points: The index in each dimension; a point may stand twice.
    /// - Throws: As `read`.
    public func read<E: Element>(
        as _: E.Type = E.self, points: [[Int]], fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> [E] {
        try read(.points(try Points(points, in: try shape, title)), fields, conversion).elements
    }

    /// Reads the elements where the mask is true, in row-major order.
    /// - Parameter mask: Of the dataset's shape.
    /// - Throws: As `read`; `invalid` for a mask of another shape.
    public func read<E: Element>(
        as _: E.Type = E.self, mask: NDArray<Bool>, fields: [HDF5Name]? = nil,
        converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> [E] {
        try read(.points(try Points(mask, in: try shape, title)), fields, conversion).elements
    }

    private func read<E: Element>(
        _ selection: Selection, _ fields: [HDF5Name]?, _ conversion: Conversion
    ) throws(ServiceError) -> NDArray<E> {
        let type = try wireType(fields, order: .native)
        let value = try scope.boundary.run { () throws(HDF5Error) in
            try datasetHandle.dataset.read(selection, as: type, limit: .max)
        }
        return try NDArray(value.bytes, shape: value.shape, as: value.datatype, conversion, title)
    }

    /// A reference to the selected elements.
    /// - Throws: `out_of_bounds`; `invalid` for an anonymous dataset.
    public func regionReference<each Axis: AxisSelection>(
        _ selection: repeat each Axis
    ) throws(ServiceError) -> Reference {
        let expression = try SelectionExpression(axes: repeat each selection)
        _ = try expression.resolved(in: try shape)
        var reference = try reference
        reference.region = expression.text
        return reference
    }

    /// Reads the elements of a region, in the order of its parts.
    /// - Throws: As `read`; `invalid` for a reference without a region, or to another object.
    public func read<E: Element>(
        as type: E.Type = E.self, region: Reference, converting conversion: Conversion = .lossless
    ) throws(ServiceError) -> [E] {
        guard let text = region.region, region.path == path else {
            throw ServiceError(.invalid, "the reference is not one to a region of \(title)")
        }
        var elements: [E] = []
        for part in text.split(separator: ";") {
            let selection = try SelectionExpression(parsing: String(part)).resolved(in: try shape)
            elements += try read(as: type, selection, converting: conversion).elements
        }
        return elements
    }

    /// The chunks as selections, in row-major order; those at the edges end with the dataset.
    /// - Throws: `invalid` for a dataset without chunks.
    public var chunkSelections: [Hyperslab] {
        get throws(ServiceError) {
            guard let chunks else { throw ServiceError(.invalid, "\(title) has no chunks") }
            return Hyperslab.chunks(chunks, of: try shape)
        }
    }

    /// The dataset for messages: its path.
    var title: String { datasetHandle.object.path.description }

    /// The type in which elements travel, of all fields or of some.
    func wireType(_ fields: [HDF5Name]?, order: ByteOrder? = nil) throws(ServiceError) -> Datatype {
        let type = datatype.packed(order: order)
        guard let fields else { return type }
        guard case .compound(let compound) = type else {
            throw ServiceError(.wrongKind, "\(title) holds \(type.title), which have no fields")
        }
        return .compound(try compound.selecting(fields))
    }
}
