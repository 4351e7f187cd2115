internal import CHDF5
internal import H5Model

/// The two dataspaces of a partial transfer, in which its parts are chosen one after another.
///
/// libhdf5's work on a selection grows with the square of its runs: a list is many calls, of a few runs each.
struct TransferSpaces: ~Copyable {
    /// Calls `H5Dread` or `H5Dwrite` with the dataspaces of memory and file.
    typealias Transfer = (_ memory: hid_t, _ file: hid_t) -> herr_t

    /// As many points are chosen at once; libhdf5 keeps some 300 bytes for each.
    private static let mostPoints = 1 << 16
    /// As many runs are chosen at once: enough that an element costs little, few enough that a run does.
    private static let runCounts = 16...512
    /// Shorter runs than these, on average, are chosen as points.
    private static let leastRun = 8

    private let selection: Selection
    private let file: Handle
    private let memory: Handle
    /// The extents of the elements in memory. A hyperslab's are as many as the file's: between equal shapes libhdf5
    /// copies runs, not elements.
    private let extents: Shape

    init(_ selection: Selection, of object: borrowing Object) throws(HDF5Error) {
        let operation = "choosing elements of \(object.path)"
        let extents =
            switch selection {
            case .hyperslab(let slab): slab.counts
            case .points(let points): [points.count]
            }
        let file = try Handle(H5Dget_space(object.handle.id), .dataspace, operation)
        let memory = try Handle(
            H5Screate_simple(Int32(extents.count), extents.map { hsize_t($0) }, nil), .dataspace, operation)
        self.selection = selection
        self.extents = extents
        self.file = file
        self.memory = memory
    }

    /// Chooses one part after another, and has each transferred.
    /// - Returns: The first failure, or else success.
    func forEachPart(_ transfer: Transfer) -> herr_t {
        switch selection {
        case .points(let points):
            return forEachPart(of: points, axis: 0, transfer)
        case .hyperslab(let slab):
            guard let axis = slab.spans.firstIndex(where: \.isList) else {
                let status = slab.select(in: file.id, .set)
                return status < 0 ? status : transfer(memory.id, file.id)
            }
            let runs = slab.spans[axis].runs
            let count = extents.elementCount ?? .max
            if slab.spans[axis].count == count, count / runs.count < Self.leastRun, let points = slab.points(on: axis) {
                return forEachPart(of: points, axis: axis, transfer)
            }
            return forEachPart(of: slab, axis: axis, runs, transfer)
        }
    }

    private func forEachPart(of points: Points, axis: Int, _ transfer: Transfer) -> herr_t {
        for first in stride(from: 0, to: points.count, by: Self.mostPoints) {
            let part = points.part(from: first, count: min(points.count - first, Self.mostPoints))
            let status = H5Sselect_elements(
                file.id, H5S_SELECT_SET, part.count, part.coordinates.map { hsize_t($0) })
            if status < 0 { return status }
            let done = self.transfer(axis, first..<(first + part.count), transfer)
            if done < 0 { return done }
        }
        return 0
    }

    private func forEachPart(
        of slab: Hyperslab, axis: Int, _ runs: [Range<Int>], _ transfer: Transfer
    ) -> herr_t {
        let count = extents.elementCount ?? .max
        let batch = min(max(count / runs.count, Self.runCounts.lowerBound), Self.runCounts.upperBound)
        var part = slab
        var place = 0
        for first in stride(from: 0, to: runs.count, by: batch) {
            let begin = place
            for run in runs[first..<min(first + batch, runs.count)] {
                part.spans[axis] = Span(start: run.lowerBound, count: run.count)
                let status = part.select(in: file.id, place == begin ? .set : .or)
                if status < 0 { return status }
                place += run.count
            }
            let done = self.transfer(axis, begin..<place, transfer)
            if done < 0 { return done }
        }
        return 0
    }

    /// Transfers what is chosen in the file to or from these places of an axis in memory.
    private func transfer(_ axis: Int, _ places: Range<Int>, _ transfer: Transfer) -> herr_t {
        var part = Hyperslab(all: extents)
        part.spans[axis] = Span(start: places.lowerBound, count: places.count)
        let status = part.select(in: memory.id, .set)
        return status < 0 ? status : transfer(memory.id, file.id)
    }
}

extension Hyperslab {
    fileprivate enum Operator { case set, or }

    /// Chooses these elements in the dataspace `id`; no span is a list.
    fileprivate func select(in id: hid_t, _ operation: Operator) -> herr_t {
        H5Sselect_hyperslab(
            id, operation == .set ? H5S_SELECT_SET : H5S_SELECT_OR, spans.map { hsize_t($0.start) },
            spans.map { hsize_t($0.stride) }, spans.map { hsize_t($0.count) }, nil)
    }

    /// The elements as points, where only one axis has several.
    fileprivate func points(on axis: Int) -> Points? {
        var point = spans.map(\.start)
        var coordinates: [Int] = []
        coordinates.reserveCapacity(spans[axis].count * spans.count)
        for place in 0..<spans[axis].count {
            point[axis] = spans[axis][place]
            coordinates += point
        }
        return try? Points(rank: spans.count, coordinates: coordinates)
    }
}

extension Selection {
    /// Throws unless every selected index lies inside `shape`.
    func checkBounds(in shape: Shape) throws(HDF5Error) {
        switch self {
        case .hyperslab(let slab): try slab.checkBounds(in: shape)
        case .points(let points): try points.checkBounds(in: shape)
        }
    }

    /// Whether this is all of `shape`, in row-major order.
    func isWhole(_ shape: Shape) -> Bool {
        guard case .hyperslab(let slab) = self else { return false }
        return zip(slab.spans, shape).allSatisfy { $0.isAll(of: $1) }
    }
}

extension Points {
    fileprivate func checkBounds(in shape: Shape) throws(HDF5Error) {
        guard rank == shape.count else {
            throw HDF5Error(.invalid, "the points have \(rank) dimensions, the dataset has \(shape.count)")
        }
        for place in coordinates.indices where !(0..<shape[place % rank]).contains(coordinates[place]) {
            throw HDF5Error(
                .outOfBounds, "point \(place / rank), \(Array(self[place / rank])), is outside the shape \(shape)")
        }
    }
}

extension Hyperslab {
    func checkBounds(in shape: Shape) throws(HDF5Error) {
        guard spans.count == shape.count else {
            throw HDF5Error(.invalid, "the selection has \(spans.count) dimensions, the dataset has \(shape.count)")
        }
        guard spans.count(where: \.isList) <= 1 else {
            throw HDF5Error(.invalid, "the selection has more than one list of indices; several are points")
        }
        for (dimension, span) in spans.enumerated() {
            guard span.start >= 0, span.count >= 0, span.stride >= 1 else {
                throw HDF5Error(.invalid, "the selection of dimension \(dimension) is negative or has no stride")
            }
            guard span.count > 0 else { continue }
            guard let last = span.last, last < shape[dimension] else {
                throw HDF5Error(
                    .outOfBounds,
                    "the selection reaches outside dimension \(dimension), whose extent is \(shape[dimension])")
            }
        }
    }
}
