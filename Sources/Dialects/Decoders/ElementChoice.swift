import H5Model
import HDF5JSON
import HTTPMessage
import Routes

/// Which elements a request is about, as it says so in its query or its body, before it meets a dataset.
enum ElementChoice: Equatable {
    case expression(SelectionExpression)
    /// The indices of points, 64-bit integers: a list of points, or of indices of a dataset of one dimension.
    case points(Value)
    /// A boolean for each element of the dataset.
    case mask(Value)
    /// The indices of points as they lie in a body of bytes, one point after another: the rank is the dataset's.
    case coordinates([Int])

    /// The members of a body that choose elements; one of them at the most.
    static let members = ["select", "points", "mask"]
    /// The most coordinates of points at once, in whatever form they come.
    static let mostCoordinates = 1 << 23

    private static let index = Datatype.integer(.init(size: 8, isSigned: true))
    private static let flag = Datatype.enumeration(
        .init(size: 1, isSigned: true), members: [.init(name: "FALSE", value: 0), .init(name: "TRUE", value: 1)])

    /// The `select` of a query; everything, where it has none.
    /// - Throws: `invalid`.
    init(_ query: Query) throws(ServiceError) {
        self = .expression(try SelectionExpression(parsing: query.utf8("select") ?? ""))
    }

    /// The choice of a body that is nothing else.
    /// - Throws: `invalid`, `too_large`, `out_of_bounds`.
    init(_ body: RequestBody) throws(ServiceError) {
        if case .octetStream(let bytes) = body {
            self = try .coordinates(Self.coordinates(bytes))
            return
        }
        let choice = try BodyMembers.read(body, known: Self.members) { members throws(ServiceError) in
            try ElementChoice(members)
        }
        guard let choice else {
            throw ServiceError(
                .invalid, "the body chooses no elements: {\"points\": ...}, {\"mask\": ...} or {\"select\": ...}")
        }
        self = choice
    }

    /// The choice that a body makes; nil where it makes none.
    /// - Throws: `invalid`, `too_large`.
    init?(_ members: BodyMembers) throws(ServiceError) {
        let given = Self.members.filter { members[$0] != nil }
        guard let name = given.first else { return nil }
        guard given.count == 1 else {
            throw ServiceError(.invalid, "the body chooses elements twice: with \(given.joined(separator: " and "))")
        }
        switch (name, members[name]) {
        case ("points", let source?): self = .points(try ValueDecoder(Self.index).decode(source))
        case ("mask", let source?): self = .mask(try ValueDecoder(Self.flag).decode(source))
        default:
            let tree = try members.tree(name)
            guard let text = tree?.text else {
                throw ServiceError(.invalid, "\"select\" is \(tree?.summary ?? "null"), not a string")
            }
            self = .expression(try SelectionExpression(parsing: text))
        }
    }

    /// Unsigned little-endian integers of 64 bits.
    private static func coordinates(_ body: BodyBytes) throws(ServiceError) -> [Int] {
        let size = MemoryLayout<UInt64>.size
        guard body.count % size == 0 else {
            throw ServiceError(.invalid, "the body has \(body.count) bytes, which are no whole integers of \(size)")
        }
        guard body.count / size <= mostCoordinates else { throw tooMany(body.count / size) }
        return try body.withBytes { bytes throws(ServiceError) in
            var coordinates: [Int] = []
            coordinates.reserveCapacity(bytes.count / size)
            for place in stride(from: 0, to: bytes.count, by: size) {
                let number = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                guard let index = Int(exactly: number) else {
                    throw ServiceError(.outOfBounds, "index \(number) is outside every dimension")
                }
                coordinates.append(index)
            }
            return coordinates
        }
    }

    /// The elements of a dataset of that shape.
    /// - Throws: `invalid`, `out_of_bounds`, `too_large`.
    func selection(in shape: Shape) throws(ServiceError) -> Selection {
        switch self {
        case .expression(let expression): return .hyperslab(try expression.resolved(in: shape))
        case .points(let value): return try Self.points(value, in: shape)
        case .mask(let value): return try Self.points(masking: value, in: shape)
        case .coordinates(let coordinates):
            guard !shape.isEmpty else { throw Self.scalar }
            guard coordinates.count % shape.count == 0 else {
                throw ServiceError(
                    .invalid, "\(coordinates.count) indices are no whole points of \(shape.count) dimensions")
            }
            return try Self.selection(Points(rank: shape.count, coordinates: coordinates), in: shape)
        }
    }

    private static func points(_ value: Value, in shape: Shape) throws(ServiceError) -> Selection {
        guard !shape.isEmpty else { throw scalar }
        let isEmpty = value.shape == [0]
        guard isEmpty || value.shape.count == 2 || value.shape.count == 1 && shape.count == 1 else {
            throw ServiceError(
                .invalid,
                "the points are of the shape \(value.shape), and not a list of lists of \(shape.count) indices")
        }
        let rank = value.shape.count == 2 ? value.shape[1] : shape.count
        guard rank == shape.count else {
            throw ServiceError(.invalid, "the points have \(rank) dimensions, the dataset has \(shape.count)")
        }
        let count = value.shape.elementCount ?? .max
        guard count <= mostCoordinates else { throw tooMany(count) }
        let coordinates = value.bytes.withUnsafeBytes { bytes in
            (0..<count).map { Int(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int.self)) }
        }
        return try selection(Points(rank: rank, coordinates: coordinates), in: shape)
    }

    private static func points(masking value: Value, in shape: Shape) throws(ServiceError) -> Selection {
        guard !shape.isEmpty else { throw scalar }
        // Lists do not show the extents behind one that is 0.
        guard value.shape == shape || value.shape.last == 0 && shape.starts(with: value.shape) else {
            throw ServiceError(.invalid, "the mask is of the shape \(value.shape), the dataset of \(shape)")
        }
        let count = value.bytes.count { $0 != 0 }
        let (coordinateCount, overflow) = count.multipliedReportingOverflow(by: shape.count)
        guard !overflow, coordinateCount <= mostCoordinates else { throw tooMany(count * shape.count) }
        var coordinates: [Int] = []
        coordinates.reserveCapacity(coordinateCount)
        // Without elements the extents may have any product.
        if count == 0 { return try selection(Points(rank: shape.count, coordinates: []), in: shape) }
        var inner = Array(repeating: 1, count: shape.count)
        for dimension in shape.indices.dropLast().reversed() {
            inner[dimension] = inner[dimension + 1] * shape[dimension + 1]
        }
        for (place, flag) in value.bytes.enumerated() where flag != 0 {
            for dimension in shape.indices { coordinates.append(place / inner[dimension] % shape[dimension]) }
        }
        return try selection(Points(rank: shape.count, coordinates: coordinates), in: shape)
    }

    /// Points of one dimension that increase are as good as a list, whose neighbours are read together.
    private static func selection(_ points: Points, in shape: Shape) throws(ServiceError) -> Selection {
        let points = try points.resolved(in: shape)
        if points.rank == 1, let span = try? Span(indices: points.coordinates) {
            return .hyperslab(Hyperslab(spans: [span]))
        }
        return .points(points)
    }

    private static let scalar = ServiceError(.invalid, "the dataset is a scalar, which has no points")

    private static func tooMany(_ count: Int) -> ServiceError {
        ServiceError(.tooLarge, "\(count) indices of points are more than \(mostCoordinates) at once")
    }
}
