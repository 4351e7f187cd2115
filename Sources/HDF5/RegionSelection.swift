internal import CHDF5
internal import H5Model

/// Regions with more blocks or points are not described.
private let mostParts = 100_000

extension Object {
    /// The dataset's dataspace, in which what the select expressions say is selected.
    func region(_ expressions: String) throws(HDF5Error) -> Handle {
        try expect(.dataset)
        let operation = "choosing a region of \(path)"
        let space = try Handle(H5Dget_space(handle.id), .dataspace, operation)
        guard let shape = try dataspace(space.id, of: path).shape else {
            throw HDF5Error(.invalid, "\(path) has a null dataspace, which has no regions")
        }
        // As a new dataspace has it.
        if expressions == "..." { return space }
        var parts: [Hyperslab] = []
        for text in expressions.split(separator: ";", omittingEmptySubsequences: false) {
            do throws(ServiceError) {
                parts.append(try SelectionExpression(parsing: String(text)).resolved(in: shape))
            } catch {
                throw HDF5Error(error)
            }
        }
        if parts.count > 1, parts.allSatisfy({ $0.droppedDimensions.count == shape.count }) {
            try selectPoints(parts, in: space.id, operation)
        } else if !shape.isEmpty {
            try check(H5Sselect_none(space.id), operation)
            for part in parts where part.elementCount != 0 { try part.add(to: space.id, operation) }
        }
        return space
    }

    private func selectPoints(_ points: [Hyperslab], in space: hid_t, _ operation: String) throws(HDF5Error) {
        let places = points.flatMap { $0.spans.map { hsize_t($0.start) } }
        try check(H5Sselect_elements(space, H5S_SELECT_SET, points.count, places), operation)
    }
}

extension Hyperslab {
    /// Adds these elements to those that are selected. The corresponding C function is `H5Sselect_hyperslab`.
    fileprivate func add(to space: hid_t, _ operation: String) throws(HDF5Error) {
        try check(
            H5Sselect_hyperslab(
                space, H5S_SELECT_OR, spans.map { hsize_t($0.start) }, spans.map { hsize_t($0.stride) },
                spans.map { hsize_t($0.count) }, nil), operation)
    }
}

/// What is selected in a dataspace, as select expressions divided by `;`.
func selectExpressions(_ space: hid_t) throws(HDF5Error) -> String {
    let operation = "reading a region"
    let rank = Int(try check(H5Sget_simple_extent_ndims(space), operation))
    switch H5Sget_select_type(space) {
    case H5S_SEL_ALL: return "..."
    case H5S_SEL_NONE: return rank == 0 ? "" : Array(repeating: "0:0", count: rank).joined(separator: ",")
    case H5S_SEL_POINTS: return try points(space, rank, operation)
    case H5S_SEL_HYPERSLABS:
        if let regular = try regular(space, rank, operation) { return regular }
        return try blocks(space, rank, operation)
    default: throw HDF5Error.latest(operation)
    }
}

private func points(_ space: hid_t, _ rank: Int, _ operation: String) throws(HDF5Error) -> String {
    let count = Int(try check(H5Sget_select_elem_npoints(space), operation))
    try checkCount(count)
    var places = [hsize_t](repeating: 0, count: count * rank)
    try check(H5Sget_select_elem_pointlist(space, 0, hsize_t(count), &places), operation)
    return (0..<count).map { point in
        places[point * rank..<(point + 1) * rank].map(String.init).joined(separator: ",")
    }.joined(separator: ";")
}

/// Nil for a selection that is not one slice a dimension.
private func regular(_ space: hid_t, _ rank: Int, _ operation: String) throws(HDF5Error) -> String? {
    guard try check(H5Sis_regular_hyperslab(space), operation) > 0 else { return nil }
    var start = [hsize_t](repeating: 0, count: rank)
    var (stride, count, block) = (start, start, start)
    try check(H5Sget_regular_hyperslab(space, &start, &stride, &count, &block), operation)
    var slices: [String] = []
    for dimension in 0..<rank {
        let (first, step, times, length) = (start[dimension], stride[dimension], count[dimension], block[dimension])
        if times == 1 || step == length {
            slices.append("\(first):\(first + times * length)")
        } else if length == 1 {
            slices.append("\(first):\(first + (times - 1) * step + 1):\(step)")
        } else {
            return nil
        }
    }
    return slices.joined(separator: ",")
}

private func blocks(_ space: hid_t, _ rank: Int, _ operation: String) throws(HDF5Error) -> String {
    let count = Int(try check(H5Sget_select_hyper_nblocks(space), operation))
    try checkCount(count)
    var corners = [hsize_t](repeating: 0, count: 2 * count * rank)
    try check(H5Sget_select_hyper_blocklist(space, 0, hsize_t(count), &corners), operation)
    return (0..<count).map { block in
        let first = 2 * block * rank
        return (0..<rank).map { "\(corners[first + $0]):\(corners[first + rank + $0] + 1)" }.joined(separator: ",")
    }.joined(separator: ";")
}

private func checkCount(_ count: Int) throws(HDF5Error) {
    if count > mostParts {
        throw HDF5Error(.tooLarge, "a region of \(count) blocks or points; at most \(mostParts) are described")
    }
}
