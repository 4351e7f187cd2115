import H5Model
import HTTPMessage
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct ValuesBodyTests {
    private static let shape = [7, 4, 5]
    private static let int32 = Datatype.integer(.init(size: 4, isSigned: true))
    private static let row = Datatype.compound(["n": int32, "s": .variableString(.utf8, .nullTerminated)])

    /// The elements of a dataset whose values are their own row-major numbers.
    private func bytes(_ selection: Selection, _ type: Datatype, _ limit: Int) -> [UInt8] {
        guard case .hyperslab(let slab) = selection else { return [] }
        var numbers = [0]
        for (span, extent) in zip(slab.spans, Self.shape) {
            numbers = numbers.flatMap { number in (0..<span.count).map { number * extent + span[$0] } }
        }
        return numbers.flatMap { element($0, type) }
    }

    private func element(_ number: Int, _ type: Datatype) -> [UInt8] {
        switch type {
        case .compound(let type): return type.fields.flatMap { element(number, $0.type) }
        case .variableString:
            let text = Array(String(repeating: "x", count: number % 13).utf8)
            return element(text.count, Self.int32) + text
        default: return withUnsafeBytes(of: Int32(number).littleEndian, Array.init)
        }
    }

    private func plan(_ request: WorkerRequest, _ type: Datatype, chunk: Shape? = nil) throws -> ValuesPlan {
        let dataspace = Dataspace.simple(Self.shape, maximum: Self.shape)
        return try ValuesPlan(ValuesQuery(request), dataspace: dataspace, datatype: type, chunk: chunk)
    }

    private func request(_ query: String, isGzipped: Bool = false) throws -> WorkerRequest {
        let target = try RequestTarget(parsing: "/v1/values/a.h5/d?\(query)".utf8)
        return WorkerRequest(
            operation: .getValues, file: Array("a.h5".utf8), object: ObjectPath("/d"), query: target.query,
            acceptsGzip: isGzipped)
    }

    /// The whole body, and the number of slabs in which it came.
    private func body(
        _ query: String, _ type: Datatype, slab: Int, chunk: Shape? = nil, isGzipped: Bool = false
    ) throws -> (bytes: [UInt8], slabs: Int) {
        var request = try request(query, isGzipped: isGzipped)
        let plan = try plan(request, type, chunk: chunk)
        var whole: [UInt8] = []
        for slabs in 1...10_000 {
            var body = try ValuesBody(plan, request, .init(slab: slab, chunkLayer: slab))
            switch try body.next(read: bytes) {
            case .complete(let bytes): return (whole + bytes, slabs)
            case .slab(let bytes, let next):
                whole += bytes
                request.cursor = next
            case .fileRegion, .spool: Issue.record("a body of neither kind was made")
            }
        }
        Issue.record("the body does not end")
        return ([], 0)
    }

    private static let queries = [
        "", "select=1:7:2,:,::2", "select=3", "select=2,1,4", "rows=columns", "rows=array", "format=octet-stream",
        "select=:,0,:&format=octet-stream", "select=0:0", "select=:,1:1&rows=columns",
        "select=[0,1,5],:,1", "select=:,:,[0,3,4]&format=octet-stream", "select=:,[0,1,3]&rows=columns",
    ]

    @Test(arguments: queries, [1, 7, 40, 100, 333, 1000, 5000])
    func slabs_OfAnySize_AreTheWholeTogether(query: String, slab: Int) throws {
        for type in [Self.int32, Self.row] {
            let whole = try body(query, type, slab: 1 << 20)
            #expect(whole.slabs == 1)
            #expect(try body(query, type, slab: slab).bytes == whole.bytes)
            #expect(try body(query, type, slab: slab, chunk: [2, 3, 5]).bytes == whole.bytes)
        }
    }

    @Test(arguments: [7, 100, 333, 1000])
    func slabs_Compressed_AreOneStream(slab: Int) throws {
        let whole = try body("", Self.row, slab: 1 << 20).bytes
        let compressed = try body("", Self.row, slab: slab, isGzipped: true)
        #expect(compressed.slabs > 1)
        #expect(gunzip(compressed.bytes, capacity: whole.count) == whole)
    }

    @Test func body_ThatIsShort_IsNotCompressed() throws {
        let whole = try body("select=0,0,0", Self.int32, slab: 1 << 20, isGzipped: true)
        #expect(whole.bytes == Array("0".utf8))
    }

    @Test func slab_UnderALayerOfChunks_GrowsToIt() throws {
        let request = try request("format=octet-stream")
        let plan = try plan(request, Self.int32, chunk: [3, 2, 2])
        var body = try ValuesBody(plan, request, .init(slab: 100, chunkLayer: 1000))
        guard case .slab(let bytes, _) = try body.next(read: bytes) else {
            Issue.record("the body is not cut")
            return
        }
        #expect(bytes.count == 3 * 4 * 5 * 4)
    }

    @Test func read_ThatIsTooLarge_IsTriedWithFewerElements() throws {
        let request = try request("")
        var body = try ValuesBody(plan(request, Self.row), request, .init())
        var counts: [Int] = []
        let answer = try body.next { selection, type, limit throws(ServiceError) in
            counts.append(selection.elementCount ?? 0)
            if counts[counts.count - 1] > 20 { throw ServiceError(.tooLarge, "too large") }
            return bytes(selection, type, limit)
        }
        #expect(counts.starts(with: [140, 15]))
        #expect(answer == .complete(try self.body("", Self.row, slab: 1 << 20).bytes))
    }

    @Test(arguments: [[1, 2, 3], Array(repeating: 255, count: 40), Array(repeating: 9, count: 40)] as [[UInt8]])
    func cursor_OfAnotherBody_IsRefused(cursor: [UInt8]) throws {
        var request = try request("")
        request.cursor = cursor
        let plan = try plan(request, Self.int32)
        #expect(throws: ServiceError.self) { try ValuesBody(plan, request, .init()) }
    }
}
