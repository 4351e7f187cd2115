import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import Testing
import WorkerMessage

@Suite struct CodingTests {
    private let request = WorkerRequest(
        operation: .getValues, file: Array("run7/a.h5".utf8), fileSize: 12, fileModified: -5,
        object: ObjectPath(names: [HDF5Name(bytes: [0xFF, 0x20]), "x"]),
        query: Query(items: [.init(name: "select", value: [0x30])]), accept: "*/*", acceptsGzip: true, isHead: true,
        cursor: [1, 2])

    @Test func request_EncodedAndDecoded_IsTheSame() throws {
        let decoded = try request.encoded().withUnsafeBytes { try WorkerRequest(decoding: $0) }
        #expect(decoded == request)
    }

    @Test func requestThatCameByLinks_EncodedAndDecoded_IsTheSame() throws {
        var request = request
        request.way = [
            Elsewhere(link: ObjectPath("/a"), file: [0x2E, 0xFF], target: ObjectPath("/b/c")),
            Elsewhere(link: .root, file: [1], target: .root),
        ]
        let decoded = try request.encoded().withUnsafeBytes { try WorkerRequest(decoding: $0) }
        #expect(decoded == request)
    }

    @Test func reply_ThatAPathGoesOnElsewhere_IsTheSame() throws {
        let elsewhere = Elsewhere(
            link: ObjectPath("/a"), file: Array("b.h5".utf8), target: ObjectPath("/x"), rest: ["y", "z"])
        let error = ServiceError(.unsupported, "it leads away", elsewhere: elsewhere)
        let bytes = WorkerReply(result: .failure(error)).encoded()
        let received = try bytes.withUnsafeBytes { try ReceivedReply(decoding: $0) }
        #expect(throws: error) { try received.reply.result.get() }
    }

    @Test func request_CutAnywhere_IsRefused() {
        let bytes = request.encoded()
        for length in 0..<bytes.count {
            #expect(throws: MessageError.self) {
                try bytes[..<length].withUnsafeBytes { try WorkerRequest(decoding: $0) }
            }
        }
    }

    @Test(
        arguments: [
            .complete([1, 2, 3]), .slab([4], next: [5, 6]), .fileRegion(offset: 2048, length: 1 << 40),
            .spool(length: 7),
        ] as [WorkerAnswer.Body])
    func reply_EncodedAndDecoded_IsTheSame(body: WorkerAnswer.Body) throws {
        let head = ResponseHead(status: 200, fields: [.contentType: "application/json", .vary: "Accept"])
        let answer = WorkerAnswer(head: head, contentLength: 3, body: body)
        let bytes = WorkerReply(result: .success(answer), isLast: true).encoded()
        let received = try bytes.withUnsafeBytes { try ReceivedReply(decoding: $0) }
        #expect(try received.reply.result.get() == answer)
        #expect(received.reply.isLast)
        #expect(received.memoryFileLength == nil)
    }

    @Test func reply_BodyInMemoryFile_IsNotInTheMessage() throws {
        let answer = WorkerAnswer(head: ResponseHead(status: 200), body: .complete(Array(repeating: 7, count: 1000)))
        let bytes = WorkerReply(result: .success(answer)).encoded(memoryFileLength: 1000)
        let received = try bytes.withUnsafeBytes { try ReceivedReply(decoding: $0) }
        #expect(bytes.count < 100)
        #expect(received.memoryFileLength == 1000)
    }

    @Test(
        arguments: [
            (200, nil, .fileRegion(offset: -1, length: 1)), (200, nil, .fileRegion(offset: 1 << 62, length: 1 << 62)),
            (200, -1, .complete([])), (99, nil, .complete([])), (200, nil, .spool(length: -1)),
        ] as [(Int, Int?, WorkerAnswer.Body)])
    func reply_WithNumbersThatCannotBe_IsRefused(status: Int, length: Int?, body: WorkerAnswer.Body) {
        let answer = WorkerAnswer(head: ResponseHead(status: status), contentLength: length, body: body)
        let bytes = WorkerReply(result: .success(answer)).encoded()
        #expect(throws: MessageError.self) { try bytes.withUnsafeBytes { try ReceivedReply(decoding: $0) } }
    }

    @Test func reply_Failure_KeepsCodeAndSentence() throws {
        let bytes = WorkerReply(result: .failure(ServiceError(.damaged, "x"))).encoded()
        let received = try bytes.withUnsafeBytes { try ReceivedReply(decoding: $0) }
        #expect(throws: ServiceError(.damaged, "x")) { try received.reply.result.get() }
    }
}
