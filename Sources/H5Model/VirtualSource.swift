/// One part of a virtual dataset: which elements of a source it takes, and where they stand.
public struct VirtualSource: Equatable, Sendable {
    /// The source's file, as it is stored: `.` is the virtual dataset's own. Where `target` is without limit and `source`
    /// is not, `%b` stands for the number of a block, from 0; `%%` is always a percent sign.
    public var file: [UInt8]
    /// The source dataset's path in that file; with `%b` as above.
    public var path: [UInt8]
    public var source: MappedSelection
    public var target: MappedSelection

    public init(file: [UInt8], path: [UInt8], source: MappedSelection, target: MappedSelection) {
        self.file = file
        self.path = path
        self.source = source
        self.target = target
    }

    /// Whether the virtual dataset's shape depends on what its source has.
    public var isGrowing: Bool { target.isUnlimited }
}

/// The elements that a part of a virtual dataset selects.
public enum MappedSelection: Equatable, Sendable {
    /// All of them.
    case all
    /// One span a dimension.
    case blocks([BlockSpan])
    /// Any others, which only a file tells exactly.
    case irregular

    public var isUnlimited: Bool {
        if case .blocks(let spans) = self { spans.contains { $0.count == nil } } else { false }
    }
}

/// One dimension of a hyperslab: `count` blocks from `start` on, the beginning of each `stride` after that of the one
/// before.
public struct BlockSpan: Equatable, Sendable {
    public var start: Int
    public var stride: Int
    /// Nil for as many as there are.
    public var count: Int?
    public var block: Int

    public init(start: Int, stride: Int = 1, count: Int?, block: Int = 1) {
        self.start = start
        self.stride = stride
        self.count = count
        self.block = block
    }
}

extension BlockSpan {
    /// The extent that reaches to the end of the last block; of the first where there are as many as there are.
    /// - Returns: Nil where it cannot be counted.
    var extent: Int? {
        let (distance, isTooFar) = max((count ?? 1) - 1, 0).multipliedReportingOverflow(by: stride)
        let (start, overflows) = self.start.addingReportingOverflow(distance)
        let (end, ends) = start.addingReportingOverflow(block)
        return isTooFar || overflows || ends ? nil : end
    }

    fileprivate var isValid: Bool { start >= 0 && block >= 1 && stride >= block && (count ?? 1) >= 1 }
}

extension MappedSelection {
    /// - Throws: `invalid` for a selection with a list of indices.
    public init(_ slab: Hyperslab) throws(ServiceError) {
        if slab.spans.contains(where: \.isList) {
            throw ServiceError(.invalid, "a part of a virtual dataset is made of slices, not of lists of indices")
        }
        self = .blocks(slab.spans.map { BlockSpan(start: $0.start, stride: $0.stride, count: $0.count) })
    }

    /// The spans of a hyperslab.
    public var spans: [BlockSpan]? {
        if case .blocks(let spans) = self { spans } else { nil }
    }

    /// Nil where there is no limit, or they cannot be counted.
    fileprivate var elementCount: Int? {
        guard let spans else { return nil }
        return spans.reduce(1 as Int?) { product, span in
            guard let product, let count = span.count else { return nil }
            let (elements, isTooMany) = count.multipliedReportingOverflow(by: span.block)
            let (result, overflows) = product.multipliedReportingOverflow(by: elements)
            return isTooMany || overflows ? nil : result
        }
    }
}

extension VirtualSource {
    /// The smallest shape of which `source` is a part; what is stored does not tell the source's own.
    public var sourceShape: Shape? {
        guard let extents = source.spans?.map(\.extent), !extents.contains(nil) else { return nil }
        return extents.compactMap(\.self)
    }

    /// Throws where no virtual dataset of `dataspace` can have such a part.
    /// - Throws: `invalid`, `unsupported`.
    func check(in dataspace: Dataspace) throws(ServiceError) {
        if file.isEmpty || path.isEmpty { throw ServiceError(.invalid, "a source has a file and a path") }
        if file.contains(0) || path.contains(0) { throw ServiceError(.invalid, "no name of a source holds a NUL") }
        guard let target = target.spans, let source = source.spans else {
            throw ServiceError(.unsupported, "only hyperslabs of a source and of a virtual dataset can be mapped")
        }
        let limits = dataspace.maximumShape ?? []
        guard target.count == limits.count else {
            throw ServiceError(
                .invalid, "a target has \(target.count) dimensions, the virtual dataset has \(limits.count)")
        }
        guard (target + source).allSatisfy(\.isValid), sourceShape != nil else {
            throw ServiceError(.invalid, "a part of a virtual dataset selects nothing, or blocks that overlap")
        }
        guard (target.count { $0.count == nil }) <= 1, (source.count { $0.count == nil }) <= 1 else {
            throw ServiceError(.invalid, "a part of a virtual dataset is without limit in one dimension at most")
        }
        for (dimension, (span, limit)) in zip(target, limits).enumerated() {
            if let limit, (span.extent ?? .max) > limit {
                throw ServiceError(.outOfBounds, "a target reaches beyond the \(limit) of dimension \(dimension)")
            }
            if limit != nil, span.count == nil {
                throw ServiceError(.invalid, "dimension \(dimension) has a limit, and a target there has none")
            }
        }
        try checkCounts()
    }

    private func checkCounts() throws(ServiceError) {
        let hasBlocks = (file + [0] + path).hasBlockNumber
        switch (target.isUnlimited, source.isUnlimited) {
        case (false, true): throw ServiceError(.invalid, "a source without limit needs a target without limit")
        case (true, false) where !hasBlocks:
            throw ServiceError(
                .invalid, "a target without limit needs a source without limit, or %b in a name of the source")
        case (_, _) where hasBlocks && !(target.isUnlimited && !source.isUnlimited):
            throw ServiceError(
                .invalid,
                "%b in a name of a source needs a target without limit and a source with one (%% is a percent sign)")
        case (false, false) where source.elementCount != target.elementCount:
            let counts = [source, target].map { $0.elementCount.map(String.init) ?? "too many" }
            throw ServiceError(.invalid, "a source selects \(counts[0]) elements, its target \(counts[1])")
        default: break
        }
    }
}

extension [UInt8] {
    /// Whether the text has `%b`, with which no `%%` is meant.
    fileprivate var hasBlockNumber: Bool {
        var rest = self[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else { continue }
            if rest.popFirst() == UInt8(ascii: "b") { return true }
        }
        return false
    }
}
