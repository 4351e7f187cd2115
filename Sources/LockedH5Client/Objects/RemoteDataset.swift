public import H5Elements
public import H5Model
import HDF5JSON
import Synchronization

/// A dataset of a file that a server serves, with what the server told of it when it was found, made or resized by this
/// value.
public struct RemoteDataset: ObjectAccess {
    public let place: ObjectPlace
    let described: LatestDescription

    /// What was told last; copies of a value share it.
    final class LatestDescription: Sendable {
        private let latest: Mutex<DescribedDataset>

        init(_ first: DescribedDataset) {
            latest = Mutex(first)
        }

        var value: DescribedDataset { latest.withLock { $0 } }

        func update(_ new: DescribedDataset) {
            latest.withLock { $0 = new }
        }
    }

    init(_ answer: AnswerObject, at place: ObjectPlace) throws(HDF5ClientError) {
        do {
            described = LatestDescription(try DescribedDataset(answer))
        } catch {
            throw HDF5ClientError(.notUnderstood("the description of \(place.path) is not understood: \(error)"))
        }
        self.place = place
    }

    init(at place: ObjectPlace) async throws(HDF5ClientError) {
        try self.init(try await place.answer(place.target("datasets")), at: place)
    }

    /// Asks anew how the dataset is made, and large.
    public func refresh() async throws(HDF5ClientError) {
        let now = try await RemoteDataset(at: place)
        described.update(now.described.value)
    }

    public var dataspace: Dataspace { described.value.info.dataspace }
    /// The type as it is stored, a compound without its padding; `packed` makes the type in which values travel.
    public var datatype: Datatype { described.value.info.datatype }
    public var layout: Layout { described.value.info.layout }
    /// The filters, in the order in which a writer applies them.
    public var filters: [Filter] { described.value.info.filters }

    /// Everything that describes the dataset.
    /// - Throws: `unsupported` for a fill value of a datatype that is not read from JSON.
    public var info: DatasetInfo {
        get throws(HDF5ClientError) {
            var info = described.value.info
            info.fillValue = try fillValueBytes
            return info
        }
    }

    /// The extents: `[]` for a scalar.
    /// - Throws: `invalid` for a null dataspace, which has none.
    public var shape: Shape {
        get throws(HDF5ClientError) { try ofShape(dataspace.shape) }
    }

    /// The extents up to which the dataset can be resized; nil for no limit.
    /// - Throws: As `shape`.
    public var maximumShape: [Int?] {
        get throws(HDF5ClientError) { try ofShape(dataspace.maximumShape) }
    }

    /// The chunks' shape; nil without chunks.
    public var chunks: Shape? {
        if case .chunked(let shape) = layout { shape } else { nil }
    }

    /// The number of elements; none for a null dataspace.
    /// - Throws: `too_large` where they cannot be counted.
    public var size: Int {
        get throws(HDF5ClientError) {
            guard let shape = dataspace.shape else { return 0 }
            guard let count = shape.elementCount else { throw uncountable("elements") }
            return count
        }
    }

    /// Bytes of all elements as they travel, without filters; what has variable length by its heap references.
    /// - Throws: As `size`.
    public var byteCount: Int {
        get throws(HDF5ClientError) {
            let (bytes, overflow) = try size.multipliedReportingOverflow(by: datatype.size)
            if overflow { throw uncountable("bytes") }
            return bytes
        }
    }

    /// The first dimension's extent.
    /// - Throws: `invalid` for a scalar and for a null dataspace.
    public var count: Int {
        get throws(HDF5ClientError) {
            guard let first = try shape.first else { throw invalid("\(path) is a scalar: it has no count") }
            return first
        }
    }

    /// What elements are that were never written; nil where that is not defined.
    /// - Throws: `wrong_kind`; `invalid` for a value that does not fit.
    public func fillValue<E: Element>(as _: E.Type = E.self) throws(HDF5ClientError) -> E? {
        guard let bytes = try fillValueBytes else { return nil }
        return try locally { () throws(ServiceError) in
            var source = ElementSource(bytes, conversion: .lossless, subject: "the fill value of \(path)")
            return try E.take(from: &source, as: datatype.packed())
        }
    }

    /// The chunks as selections, in row-major order; those at the edges end with the dataset.
    /// - Throws: `invalid` for a dataset without chunks.
    public var chunkSelections: [Hyperslab] {
        get throws(HDF5ClientError) {
            guard let chunks else { throw invalid("\(path) has no chunks") }
            return Hyperslab.chunks(chunks, of: try shape)
        }
    }

    private var fillValueBytes: [UInt8]? {
        get throws(HDF5ClientError) {
            let text = described.value.fillValue
            if text.elementsEqual("null".utf8) { return nil }
            return try locally { () throws(ServiceError) in
                try text.withUnsafeBufferPointer { bytes throws(ServiceError) in
                    let source = JSONSource(text: UnsafeRawBufferPointer(bytes))
                    return try ValueDecoder(datatype.packed()).decode(source, rank: 0).bytes
                }
            }
        }
    }

    private func ofShape<S>(_ shape: S?) throws(HDF5ClientError) -> S {
        guard let shape else { throw invalid("\(path) has a null dataspace") }
        return shape
    }

    private func uncountable(_ what: String) -> HDF5ClientError {
        HDF5ClientError(ServiceError(.tooLarge, "\(path) has more \(what) than can be counted"))
    }

    func invalid(_ message: String) -> HDF5ClientError {
        HDF5ClientError(ServiceError(.invalid, message))
    }

    /// The type in which elements travel, of all fields or of some.
    func wireType(_ fields: [HDF5Name]?, order: ByteOrder? = nil) throws(HDF5ClientError) -> Datatype {
        let type = datatype.packed(order: order)
        guard let fields else { return type }
        guard case .compound(let compound) = type else {
            throw HDF5ClientError(ServiceError(.wrongKind, "\(path) holds \(type.title), which have no fields"))
        }
        return try locally { () throws(ServiceError) in .compound(try compound.selecting(fields)) }
    }
}

extension SelectionExpression {
    /// The expression of items that a caller has chosen.
    static func of<each Axis: AxisSelection>(
        _ axes: repeat each Axis
    ) throws(HDF5ClientError) -> SelectionExpression {
        do throws(ServiceError) {
            return try SelectionExpression(axes: repeat each axes)
        } catch {
            throw HDF5ClientError(error)
        }
    }
}
