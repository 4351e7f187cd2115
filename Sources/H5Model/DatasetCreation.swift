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
    public var layout: LayoutChoice
    /// In the order in which a writer applies them. Of the filters that HDF5 defines only what their users choose counts
    /// (deflate's level); what libhdf5 derives from the dataset may be left out.
    public var filters: [Filter]
    /// One element in the packed type, as described at `Value`; nil for zeros.
    public var fillValue: [UInt8]?

    public init(
        dataspace: Dataspace, datatype: Datatype, layout: LayoutChoice = .unspecified, filters: [Filter] = [],
        fillValue: [UInt8]? = nil
    ) {
        self.dataspace = dataspace
        self.datatype = datatype
        self.layout = layout
        self.filters = filters
        self.fillValue = fillValue
    }

    /// The layout that is stored for the choice; only for what `check()` accepts.
    public var storedLayout: Layout {
        switch layout {
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
    private static let mostFilters = 32

    /// Throws where no file can hold such a dataset. What depends on the library's filters is not known here.
    /// - Throws: `invalid`, `unsupported`, `too_large`.
    public func check() throws(ServiceError) {
        let elementSize = try datatype.checkStorable()
        try dataspace.checkStorable(elementSize: elementSize)
        try checkLayout(elementSize)
        try checkFilters()
        try checkFillValue()
    }

    private func checkLayout(_ elementSize: Int) throws(ServiceError) {
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
            throw ServiceError(.invalid, "a maximum shape above the shape needs chunks, and a \(layout) dataset has none")
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

    private func checkFilters() throws(ServiceError) {
        guard filters.count <= Self.mostFilters else {
            throw ServiceError(.invalid, "a dataset has at most \(Self.mostFilters) filters, not \(filters.count)")
        }
        for filter in filters { try filter.check(datatype) }
    }

    private func checkFillValue() throws(ServiceError) {
        guard let fillValue else { return }
        if let reason = datatype.unsupportedReason {
            throw ServiceError(.unsupported, "fill values of \(reason) are not supported")
        }
        let size = datatype.packed().size
        guard datatype.hasVariableLength || fillValue.count == size else {
            throw ServiceError(.invalid, "a fill value of this datatype has \(size) bytes, not \(fillValue.count)")
        }
    }
}

extension Filter {
    public static let deflateID = 1
    public static let shuffleID = 2
    public static let fletcher32ID = 3
    public static let scaleOffsetID = 6

    /// Deflate as zlib does it, at a level from 0 to 9.
    public static func deflate(level: Int) -> Filter {
        Filter(id: deflateID, name: "deflate", isOptional: true, parameters: [UInt32(clamping: level)])
    }

    /// The bytes of a chunk's elements, ordered by their place in the element.
    public static let shuffle = Filter(id: shuffleID, name: "shuffle", isOptional: true, parameters: [])

    /// A checksum of each chunk.
    public static let fletcher32 = Filter(id: fletcher32ID, name: "fletcher32", isOptional: false, parameters: [])

    fileprivate func check(_ datatype: Datatype) throws(ServiceError) {
        guard (1...0xffff).contains(id) else {
            throw ServiceError(.invalid, "a filter's number is between 1 and 65535, not \(id)")
        }
        switch id {
        case Self.deflateID:
            guard parameters.count == 1, parameters[0] <= 9 else {
                throw ServiceError(.invalid, "deflate has one parameter, its level from 0 to 9")
            }
        case Self.fletcher32ID:
            if datatype.isVariableLength {
                throw ServiceError(.invalid, "fletcher32 is for values of fixed size; these have a variable length")
            }
        case Self.scaleOffsetID:
            try checkScaleOffset(datatype)
        default:
            if datatype.isVariableLength, !isOptional {
                throw ServiceError(.invalid, "only an optional filter can be used for values of a variable length")
            }
        }
    }

    /// libhdf5 would leave the filter out where it cannot be applied.
    private func checkScaleOffset(_ datatype: Datatype) throws(ServiceError) {
        let method: UInt32? =
            switch datatype {
            case .float(let type): type.size == 2 ? nil : 0
            case .integer, .enumeration: 2
            default: nil
            }
        guard let method else {
            throw ServiceError(.invalid, "scaleoffset is for integers and for floats of 4 or 8 bytes")
        }
        guard parameters.count >= 2, parameters[0] == method, Int32(bitPattern: parameters[1]) >= 0 else {
            throw ServiceError(
                .invalid,
                "scaleoffset has two parameters here: \(method), and a number of "
                    + (method == 2 ? "bits (0 for as many as are needed)" : "decimal digits"))
        }
    }
}

extension Datatype {
    /// Whether an element is a reference to the heap as a whole, for which libhdf5 takes optional filters only.
    fileprivate var isVariableLength: Bool {
        switch self {
        case .variableString, .variableLength: true
        default: false
        }
    }
}
