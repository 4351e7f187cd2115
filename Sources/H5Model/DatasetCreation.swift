/// How a new dataset is made.
public struct DatasetCreation: Equatable, Sendable {
    /// What a caller chooses of the layout.
    public enum LayoutChoice: Equatable, Sendable {
        case contiguous
        /// In the object's header; for less than 64 KiB.
        case compact
        case chunked(Shape)
        /// Chunks of the shape that h5py guesses.
        case automaticChunks
        /// Chunks of the shape that h5py guesses where a maximum shape or a filter needs them, else contiguous.
        case unspecified
    }

    /// The shape with its maximum.
    public var dataspace: Dataspace
    public var datatype: Datatype
    /// Where `datatype` is committed in the file, and so becomes the dataset's; nil for a type of its own.
    public var committedDatatype: ObjectPath?
    public var layout: LayoutChoice
    /// In the order in which a writer applies them. Of the filters that HDF5 defines only what their users choose counts
    /// (deflate's level); what libhdf5 derives from the dataset may be left out.
    public var filters: [Filter]
    /// One element in the packed type, as described at `Value`; nil for zeros.
    public var fillValue: [UInt8]?
    public var fillTime: FillTime
    /// Whether the dataset keeps the times of its changes.
    public var tracksTimes: Bool
    /// Whether the dataset keeps the order in which its attributes are made.
    public var tracksCreationOrder: Bool
    /// The parts of a virtual dataset; none for any other.
    public var sources: [VirtualSource]

    public init(
        dataspace: Dataspace, datatype: Datatype, committedDatatype: ObjectPath? = nil,
        layout: LayoutChoice = .unspecified, filters: [Filter] = [], fillValue: [UInt8]? = nil,
        fillTime: FillTime = .ifSet, tracksTimes: Bool = false,
        tracksCreationOrder: Bool = false, sources: [VirtualSource] = []
    ) {
        self.dataspace = dataspace
        self.datatype = datatype
        self.committedDatatype = committedDatatype
        self.layout = layout
        self.filters = filters
        self.fillValue = fillValue
        self.fillTime = fillTime
        self.tracksTimes = tracksTimes
        self.tracksCreationOrder = tracksCreationOrder
        self.sources = sources
    }

    /// The layout that is stored for the choice; only for what `check()` accepts.
    public var storedLayout: Layout {
        if !sources.isEmpty { return .virtual(sourceCount: sources.count) }
        return switch layout {
        case .contiguous: .contiguous(offset: nil)
        case .compact: .compact
        case .chunked(let chunk): .chunked(chunk)
        case .automaticChunks: guessedChunks
        case .unspecified: filters.isEmpty && !dataspace.isResizable ? .contiguous(offset: nil) : guessedChunks
        }
    }

    private var guessedChunks: Layout {
        .chunked(Chunking.guess(shape: dataspace.shape ?? [], itemSize: datatype.guessingSize))
    }
}

extension DatasetCreation {
    /// The most bytes that a compact dataset can have: a message of an object's header without the layout's own bytes.
    private static let largestCompact = 65_528
    private static let largestChunk = Int(UInt32.max)

    /// Throws where no file can hold such a dataset. What depends on the library's filters is not known here.
    /// - Throws: `invalid`, `unsupported`, `too_large`.
    public func check() throws(ServiceError) {
        let elementSize = try datatype.checkStorable()
        try dataspace.checkStorable(elementSize: elementSize)
        try checkLayout(elementSize)
        try filters.check(datatype)
        try checkBlocks()
        try checkFillValue()
    }

    private func checkSources() throws(ServiceError) {
        guard layout == .unspecified, filters.isEmpty else {
            throw ServiceError(.invalid, "a virtual dataset has neither chunks nor filters: its sources have")
        }
        for source in sources { try source.check(in: dataspace) }
    }

    private func checkLayout(_ elementSize: Int) throws(ServiceError) {
        if !sources.isEmpty { return try checkSources() }
        switch layout {
        case .contiguous:
            try checkWithoutChunks("contiguous")
        case .compact:
            try checkWithoutChunks("compact")
            let size = (dataspace.shape?.elementCount ?? 0) * elementSize
            guard size <= Self.largestCompact else {
                throw ServiceError(
                    .tooLarge, "a compact dataset has at most \(Self.largestCompact) bytes, this one has \(size)")
            }
        case .chunked(let chunk):
            try checkHasChunks()
            try check(chunk, elementSize)
        case .automaticChunks:
            try checkHasChunks()
        case .unspecified:
            if !filters.isEmpty { try checkHasChunks() }
        }
    }

    private func checkWithoutChunks(_ layout: String) throws(ServiceError) {
        if !filters.isEmpty {
            throw ServiceError(.invalid, "filters need chunks, and a \(layout) dataset has none")
        }
        if dataspace.isResizable {
            throw ServiceError(
                .invalid, "a maximum shape above the shape needs chunks, and a \(layout) dataset has none")
        }
    }

    private func checkHasChunks() throws(ServiceError) {
        if case .simple = dataspace { return }
        let kind = dataspace == .null ? "with a null dataspace" : "of one scalar"
        throw ServiceError(.invalid, "a dataset \(kind) has neither chunks nor filters")
    }

    private func check(_ chunk: Shape, _ elementSize: Int) throws(ServiceError) {
        let limits = dataspace.maximumShape ?? []
        guard chunk.count == limits.count else {
            throw ServiceError(.invalid, "the chunks have \(chunk.count) dimensions, the shape has \(limits.count)")
        }
        for (dimension, (extent, limit)) in zip(chunk, limits).enumerated() {
            guard extent > 0 else {
                throw ServiceError(.invalid, "the chunks have the extent \(extent) in dimension \(dimension)")
            }
            if let limit, extent > limit {
                throw ServiceError(
                    .invalid,
                    "the chunks have the extent \(extent) in dimension \(dimension), more than its maximum \(limit)")
            }
        }
        guard let count = chunk.elementCount, count <= Self.largestChunk / elementSize else {
            throw ServiceError(.tooLarge, "a chunk of shape \(chunk) has 4 GiB or more")
        }
    }

    private func checkBlocks() throws(ServiceError) {
        guard let szip = filters.first(where: { $0.id == Filter.szipID }), case .chunked(let chunk) = storedLayout,
            let count = chunk.elementCount, count < Int(szip.parameters[1])
        else { return }
        throw ServiceError(
            .invalid, "szip has \(szip.parameters[1]) pixels per block, more than a chunk has elements: \(count)")
    }

    private func checkFillValue() throws(ServiceError) {
        if fillTime == .never, datatype.hasVariableLength {
            throw ServiceError(
                .invalid, "values of a variable length are always filled: their fill time is not \"never\"")
        }
        guard let fillValue else { return }
        if let reason = datatype.unsupportedReason {
            throw ServiceError(.unsupported, "fill values of \(reason) are not supported")
        }
        if datatype.hasVariableLength { return try checkStringFillValue(fillValue) }
        let size = datatype.packed().size
        guard fillValue.count == size else {
            throw ServiceError(.invalid, "a fill value of this datatype has \(size) bytes, not \(fillValue.count)")
        }
    }
}

extension DatasetCreation {
    /// Whether a fill value is to be stored: the empty string is what there is without one.
    public var storesFillValue: Bool {
        guard let fillValue else { return false }
        if case .variableString = datatype { return fillValue != Self.emptyString }
        return true
    }

    private static let emptyString: [UInt8] = [0, 0, 0, 0]

    /// Throws for what libhdf5 stores but cannot read: up to 2.0 it fills a missing chunk with strings only in a file that
    /// is open for writing, and h5py crashes on the fill value of a compound that holds one.
    private func checkStringFillValue(_ value: [UInt8]) throws(ServiceError) {
        if case .compound = datatype {
            throw ServiceError(
                .unsupported, "fill values of compounds with variable-length strings are not supported")
        }
        if case .chunked = storedLayout, storesFillValue {
            throw ServiceError(
                .unsupported,
                "a chunked dataset of variable-length strings cannot have a fill value: it could not be read everywhere"
            )
        }
    }
}
