import H5Model
import Testing

@Suite struct DatasetCreationTests {
    private static let float = Datatype.float(.init(size: 4))

    private func creation(
        _ shape: Shape = [10, 20], maximum: [Int?]? = nil, _ layout: DatasetCreation.LayoutChoice = .unspecified,
        _ filters: [Filter] = [], fillValue: [UInt8]? = nil
    ) -> DatasetCreation {
        DatasetCreation(
            dataspace: .simple(shape, maximum: maximum ?? shape), datatype: Self.float, layout: layout,
            filters: filters, fillValue: fillValue)
    }

    private static let choices: [(DatasetCreation.LayoutChoice, [Filter], [Int?], Layout)] = [
        (.unspecified, [], [10, 20], .contiguous(offset: nil)),
        (.unspecified, [.shuffle], [10, 20], .chunked([10, 20])), (.unspecified, [], [nil, 20], .chunked([10, 20])),
        (.contiguous, [], [10, 20], .contiguous(offset: nil)), (.compact, [], [10, 20], .compact),
        (.chunked([5, 7]), [.deflate(level: 9), .fletcher32], [10, 40], .chunked([5, 7])),
        (.chunked([5, 40]), [], [10, 40], .chunked([5, 40])),
        (.chunked([500, 1]), [], [nil, 20], .chunked([500, 1])),
        (.automaticChunks, [], [10, 20], .chunked([10, 20])),
    ]

    @Test(arguments: choices)
    func storedLayout_FollowsTheChoice(
        choice: DatasetCreation.LayoutChoice, filters: [Filter], maximum: [Int?], expected: Layout
    ) throws {
        let creation = creation(maximum: maximum, choice, filters)
        try creation.check()
        #expect(creation.storedLayout == expected)
    }

    private static let huge = 1 << 40

    /// Typed, since the compiler takes long to find out by itself.
    private static let refused: [(Shape, [Int?]?, DatasetCreation.LayoutChoice, [Filter], ErrorCode)] = [
        ([10, 20], nil, .chunked([5]), [], .invalid),
        ([10, 20], nil, .chunked([0, 5]), [], .invalid), ([10, 20], nil, .chunked([11, 5]), [], .invalid),
        ([10, 20], [12, 20], .chunked([13, 5]), [], .invalid), ([0], nil, .chunked([1]), [], .invalid),
        ([huge], nil, .chunked([huge / 1024]), [], .tooLarge), ([10, 20], nil, .contiguous, [.shuffle], .invalid),
        ([10, 20], [nil, 20], .contiguous, [], .invalid), ([10, 20], nil, .compact, [.shuffle], .invalid),
        ([16_384], nil, .compact, [], .tooLarge), ([10, 20], [10], .unspecified, [], .invalid),
        ([10, 20], [9, 20], .unspecified, [], .invalid), ([-1], nil, .unspecified, [], .invalid),
        ([huge, huge], nil, .unspecified, [], .tooLarge), ([huge * 2_097_152], nil, .unspecified, [], .tooLarge),
        (Array(repeating: 1, count: 33), nil, .unspecified, [], .invalid),
        ([10, 20], nil, .unspecified, [.deflate(level: 10)], .invalid),
        ([10, 20], nil, .unspecified, [Filter(id: 0, name: "", isOptional: true, parameters: [])], .invalid),
        ([10, 20], nil, .unspecified, Array(repeating: .shuffle, count: 33), .invalid),
    ]

    @Test(arguments: refused)
    func check_RefusesWhatNoFileHolds(
        shape: Shape, maximum: [Int?]?, layout: DatasetCreation.LayoutChoice, filters: [Filter], code: ErrorCode
    ) throws {
        let creation = creation(shape, maximum: maximum, layout, filters)
        #expect(throws: ServiceError.self) { try creation.check() }
        do { try creation.check() } catch { #expect(error.code == code) }
    }

    @Test(
        arguments: [Dataspace.scalar, .null],
        [DatasetCreation.LayoutChoice.automaticChunks, .chunked([]), .unspecified])
    func check_RefusesFilters_WithoutAShape(dataspace: Dataspace, layout: DatasetCreation.LayoutChoice) {
        let creation = DatasetCreation(
            dataspace: dataspace, datatype: Self.float, layout: layout, filters: [.deflate(level: 4)])
        #expect(throws: ServiceError.self) { try creation.check() }
    }

    @Test(arguments: [
        (Filter.fletcher32, Datatype.variableString(.utf8, .nullTerminated)),
        (Filter(id: 307, name: "", isOptional: false, parameters: []), .variableString(.utf8, .nullTerminated)),
        (Filter(id: 6, name: "", isOptional: true, parameters: [2, 0]), float),
        (Filter(id: 6, name: "", isOptional: true, parameters: [0, 2]), .integer(.init(size: 2, isSigned: true))),
        (Filter(id: 6, name: "", isOptional: true, parameters: [0, 2]), .float(.init(size: 2))),
        (Filter(id: 6, name: "", isOptional: true, parameters: [0]), float),
    ])
    func check_RefusesAFilter_ThatDoesNotFitTheDatatype(filter: Filter, datatype: Datatype) {
        let creation = DatasetCreation(dataspace: .simple([10], maximum: [10]), datatype: datatype, filters: [filter])
        #expect(throws: ServiceError.self) { try creation.check() }
    }

    @Test func check_WantsAWholeFillValue() throws {
        try creation(fillValue: [0, 0, 0, 1]).check()
        #expect(
            throws: ServiceError(.invalid, "a fill value of this datatype has 4 bytes, not 3")
        ) { try creation(fillValue: [0, 0, 1]).check() }
    }

    @Test(arguments: [DatasetCreation.LayoutChoice.chunked([1]), .automaticChunks])
    func check_RefusesAFillValue_ThatCouldNotBeRead(layout: DatasetCreation.LayoutChoice) throws {
        var creation = DatasetCreation(
            dataspace: .simple([10], maximum: [10]), datatype: .variableString(.utf8, .nullTerminated),
            fillValue: [1, 0, 0, 0, 65])
        try creation.check()
        creation.layout = layout
        #expect(throws: ServiceError.self) { try creation.check() }
        creation.fillValue = [0, 0, 0, 0]
        try creation.check()
        #expect(!creation.storesFillValue)
    }
}
