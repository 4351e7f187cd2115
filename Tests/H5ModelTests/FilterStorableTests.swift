import H5Model
import Testing

@Suite struct FilterStorableTests {
    private static let int16 = Datatype.integer(.init(size: 2, isSigned: true))
    private static let double = Datatype.float(.init(size: 8))
    private static let text = Datatype.variableString(.utf8, .nullTerminated)

    private func check(_ filters: [Filter], _ datatype: Datatype, chunk: Int = 100) throws {
        try DatasetCreation(
            dataspace: .simple([100], maximum: [100]), datatype: datatype, layout: .chunked([chunk]), filters: filters
        ).check()
    }

    @Test(arguments: [
        ([Filter.scaleOffset(.bits(16)), .shuffle, .lzf], int16), ([.scaleOffset(.digits(0))], double),
        ([.nbit, .deflate(level: 1), .fletcher32], double), ([.szip(pixelsPerBlock: 32)], int16),
        ([.szip()], .float(.init(size: 2))), ([.szip()], .bitfield(size: 4, order: .little)),
        ([.shuffle, .szip(), .fletcher32], int16), ([.lzf], text), ([.shuffle, .deflate(level: 9)], text),
    ])
    func check_AcceptsWhatFits(filters: [Filter], datatype: Datatype) throws {
        try check(filters, datatype)
    }

    @Test(arguments: [
        ([Filter.scaleOffset(.bits(17))], int16, "17 bits"), ([.scaleOffset(.digits(1))], int16, "bits"),
        ([.scaleOffset(.bits(1))], double, "digits"), ([.scaleOffset(.digits(1))], .float(.init(size: 2)), "4 or 8"),
        ([.scaleOffset(.bits(0))], .bitfield(size: 4, order: .little), "integers"),
        ([.scaleOffset(.bits(0)), .fletcher32], int16, "fletcher32"),
        ([.fletcher32, .scaleOffset(.bits(0))], int16, "fletcher32"),
        ([.shuffle, .scaleOffset(.bits(0))], int16, "before"), ([.deflate(level: 1), .nbit], int16, "before"),
        ([.szip(pixelsPerBlock: 3)], int16, "even"), ([.szip(pixelsPerBlock: 34)], int16, "32"),
        ([.scaleOffset(.bits(0)), .szip()], int16, "before"),
        ([.deflate(level: 1), .shuffle, .szip()], int16, "before"),
        ([.szip()], text, "szip"), ([.szip()], .string(.init(length: 4)), "szip"), ([.fletcher32], text, "fletcher32"),
        ([Filter(id: 4, name: "", isOptional: true, parameters: [0, 8])], int16, "method"),
    ])
    func check_RefusesWhatDoesNot(filters: [Filter], datatype: Datatype, word: String) {
        let error = #expect(throws: ServiceError.self) { try check(filters, datatype) }
        #expect(error?.code == .invalid)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test func check_RefusesBlocksLargerThanAChunk() {
        #expect(throws: ServiceError(.invalid, "szip has 16 pixels per block, more than a chunk has elements: 10")) {
            try check([.szip(pixelsPerBlock: 16)], Self.int16, chunk: 10)
        }
    }
}
