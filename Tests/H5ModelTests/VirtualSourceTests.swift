import H5Model
import Testing

@Suite struct VirtualSourceTests {
    private func source(
        _ source: [BlockSpan], _ target: [BlockSpan], file: String = "a.h5"
    ) -> VirtualSource {
        VirtualSource(
            file: Array(file.utf8), path: Array("/d".utf8), source: .blocks(source), target: .blocks(target))
    }

    private func creation(_ source: VirtualSource, _ shape: Shape, _ maximum: [Int?]) -> DatasetCreation {
        DatasetCreation(
            dataspace: .simple(shape, maximum: maximum), datatype: .integer(.init(size: 4, isSigned: true)),
            sources: [source])
    }

    @Test func sourceShape_ReachesToTheLastBlock() {
        let spans = [BlockSpan(start: 2, count: 5), BlockSpan(start: 1, stride: 4, count: 3, block: 2)]
        #expect(source(spans, []).sourceShape == [7, 11])
        #expect(source([BlockSpan(start: 3, count: nil, block: 1)], []).sourceShape == [4])
    }

    @Test func check_OfAPartThatFits_Passes() throws {
        let part = source(
            [BlockSpan(start: 0, count: 6)], [BlockSpan(start: 1, count: 2), BlockSpan(start: 0, count: 3)])
        try creation(part, [3, 3], [3, 3]).check()
        let growing = source(
            [BlockSpan(start: 0, count: 6)], [BlockSpan(start: 0, stride: 6, count: nil, block: 6)], file: "a%b.h5")
        try creation(growing, [6], [nil]).check()
        #expect(growing.isGrowing)
    }

    @Test(arguments: [
        (BlockSpan(start: 0, count: 4), BlockSpan(start: 0, count: 3), "a", ErrorCode.invalid),
        (BlockSpan(start: 0, count: 3), BlockSpan(start: 1, count: 3), "a", .outOfBounds),
        (BlockSpan(start: -1, count: 3), BlockSpan(start: 0, count: 3), "a", .invalid),
        (BlockSpan(start: 0, count: 3), BlockSpan(start: 0, stride: 1, count: 1, block: 3), "a", .invalid),
        (BlockSpan(start: 0, count: 3), BlockSpan(start: 0, count: 3), "a%b", .invalid),
        (BlockSpan(start: 0, count: 3), BlockSpan(start: 0, count: 3), "", .invalid),
        (BlockSpan(start: 0, count: .max), BlockSpan(start: 0, stride: .max, count: 3), "a", .outOfBounds),
    ])
    func check_RefusesWhatCannotBe(from: BlockSpan, target: BlockSpan, file: String, code: ErrorCode) {
        let error = #expect(throws: ServiceError.self) {
            try self.creation(self.source([from], [target], file: file), [3], [3]).check()
        }
        #expect(error?.code == code, "\(String(describing: error))")
    }

    @Test func check_PercentSigns_AreNoBlockNumber() throws {
        let part = source([BlockSpan(start: 0, count: 3)], [BlockSpan(start: 0, count: 3)], file: "100%%b.h5")
        try creation(part, [3], [3]).check()
    }
}
