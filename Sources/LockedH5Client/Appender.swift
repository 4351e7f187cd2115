import H5Elements
import H5Model
import HTTPMessage
import HTTPTypes

/// Appends to a dataset along one of its dimensions, under an exclusive lease.
///
/// A piece is a batch that resizes the dataset and writes the new elements, so that it is there as a whole or not at
/// all; and it is sent with the tag of the state before it, so that of several copies on their way one counts. When an
/// answer is lost the dataset's extent tells whether its piece is there, since under the lease nobody else changes it.
struct Appender {
    private let file: LeasedFile
    private let path: ObjectPath
    private let axis: Int
    private let options: CallOptions
    /// As the server has told it last.
    private var description: DatasetDescription
    private var shape: Shape
    /// The tag of the file with that shape.
    private var tag: EntityTag?
    /// Where the dataset ended.
    private let start: Int
    private(set) var done = TransferProgress(bytes: 0, total: nil)

    /// Bytes of a piece where it may be cut.
    private static let pieceSize = 8 << 20
    /// How often a piece is sent that meets another state.
    private static let attempts = 20

    init(
        _ file: LeasedFile, _ path: ObjectPath, axis: Int, _ options: CallOptions
    ) async throws(HDF5ClientError) {
        let found = try await file.client.taggedDescription(of: path, in: file.servedPath, options: options)
        guard let shape = found.content.shape, shape.indices.contains(axis) else {
            throw HDF5ClientError(.notSent("\(path) in \(file.servedPath) has no dimension \(axis) to append along"))
        }
        self.file = file
        self.path = path
        self.axis = axis
        self.options = options
        description = found.content
        self.shape = shape
        tag = found.tag
        start = shape[axis]
    }

    /// The indices along the dimension that are new.
    var appended: Range<Int> { start..<shape[axis] }

    /// Appends as many rows as the elements are.
    mutating func append<E: Element>(_ elements: [E]) async throws(HDF5ClientError) {
        var row = shape
        row[axis] = 1
        guard let length = row.elementCount, length > 0, elements.count.isMultiple(of: length) else {
            throw HDF5ClientError(
                .notSent("\(elements.count) elements are no whole rows of \(path), whose shape is \(shape)")
            ).after(done)
        }
        let size = max(description.datatype.size * length, 1)
        // Only along the first of several dimensions are rows one behind another.
        let isList = shape[..<axis].allSatisfy { $0 == 1 }
        let rows = isList ? max(Self.pieceSize / size, 1) : elements.count / length
        for first in stride(from: 0, to: elements.count, by: max(rows, 1) * length) {
            let piece = elements[first..<min(first + rows * length, elements.count)]
            let bytes: [UInt8]
            do throws(HDF5ClientError) {
                bytes = try description.datatype.bytes(of: Array(piece))
            } catch {
                throw error.after(done)
            }
            try await append(bytes, rows: piece.count / length)
        }
    }

    private mutating func append(_ bytes: [UInt8], rows: Int) async throws(HDF5ClientError) {
        var larger = shape
        larger[axis] += rows
        for _ in 0..<Self.attempts {
            do throws(HDF5ClientError) {
                tag = try await send(bytes, rows, larger)
                shape = larger
                done.bytes += bytes.count
                return
            } catch {
                guard try await mayGoOn(after: error, larger) else { throw error.after(done) }
            }
            if shape == larger {
                done.bytes += bytes.count
                return
            }
        }
        throw changed().after(done)
    }

    /// Sends one piece.
    /// - Returns: The tag of the file with it.
    private func send(_ bytes: [UInt8], _ rows: Int, _ larger: Shape) async throws(HDF5ClientError) -> EntityTag? {
        var part = Hyperslab(all: larger)
        part.spans[axis] = Span(start: shape[axis], count: rows)
        let resize = JSONWriter.object { json in
            json.key("shape")
            json.array { json in
                for extent in larger { json.integer(extent) }
            }
        }
        let value = Value(datatype: description.datatype, shape: part.resultShape, bytes: bytes)
        let changes = [
            Change(
                method: .patch, target: ResourceTarget("datasets", file: file.servedPath, object: path),
                body: .json(resize)),
            try Change.write(value, to: path, in: file.servedPath, select: try part.selectText(), fields: []),
        ]
        var options = options
        options.ifMatch = tag
        let target = ResourceTarget("batch", file: file.servedPath)
        let batch = Change(method: .post, target: target, body: .json(Batch.body(of: changes)))
        return try await file.client.send(batch, options).tag
    }

    /// Whether the state of the dataset tells what has become of a piece that was not answered, or not taken.
    ///
    /// - Throws: The failure, with what is known now, where that is not to be had.
    private mutating func mayGoOn(after error: HDF5ClientError, _ larger: Shape) async throws(HDF5ClientError) -> Bool {
        var failure = error
        switch error.reason {
        case .refused(let refusal) where refusal.code == .preconditionFailed:
            // The tag told the content alone, as it does for 20 ms after a change by another program.
            try await file.client.pause(until: file.client.clock.now + .milliseconds(25))
        case .outcomeUnknown(let unknown) where unknown.failure.kind != .cancelled && error.code != .leaseLost: break
        default: return false
        }
        do throws(HDF5ClientError) {
            let found = try await file.client.taggedDescription(of: path, in: file.servedPath, options: options)
            guard let now = found.content.shape, now == shape || now == larger else { throw changed() }
            shape = now
            tag = found.tag
            return true
        } catch {
            if case .outcomeUnknown(var unknown) = failure.reason {
                unknown.refusal = error.refusal
                failure.reason = .outcomeUnknown(unknown)
            } else {
                failure = error
            }
            throw failure.after(done)
        }
    }

    private func changed() -> HDF5ClientError {
        HDF5ClientError(
            .changedMeanwhile("\(path) in \(file.servedPath) was changed by something else while it was appended to"))
    }
}
