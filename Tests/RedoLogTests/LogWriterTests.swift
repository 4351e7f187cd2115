import Testing

@testable import RedoLog

@Suite struct LogWriterTests {
    @Test(arguments: [0, 1, 1000, (1 << 19) - 1, 1 << 19, (1 << 20) - 1000, 1 << 20, 3 << 20])
    func add_OfAPartOfAnyLength_KeepsTheOrder(count: Int) throws {
        let (first, second) = ([UInt8](repeating: 1, count: 200), [UInt8](repeating: 2, count: count))
        let storage = MemoryStorage([])
        var log = LogWriter(storage, at: 0)
        for part in [first, second, first] { try log.add(part) }
        try log.finish(vouchingFor: AppendedBytes())
        #expect(storage.bytes.dropLast(LogTrailer.length) == first + second + first)
        let trailer = try #require(try LogTrailer(decoding: storage.bytes))
        #expect(trailer.contentChecksum == LogChecksum(of: first + second + first).value)
    }
}
