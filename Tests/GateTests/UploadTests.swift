import CProcess
import Glibc
import H5Model
import Testing

@testable import Gate

@Suite struct UploadTests {
    private func upload(limit: Int = 1 << 20, start: Int = 0) -> Upload {
        Upload(limit: limit, start: start) { Descriptor(lh5_memory_file("upload")) }
    }

    private func receive(_ count: Int, into upload: Upload, _ byte: UInt8 = 7) throws {
        try [UInt8](repeating: byte, count: count).withUnsafeBytes { try upload.receive($0) }
    }

    private func bytes(of upload: Upload, at offset: Int, count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = pread(upload.file?.number ?? -1, &bytes, count, offset)
        return Array(bytes.prefix(max(read, 0)))
    }

    @Test func receive_ShortBody_StaysInMemory() throws {
        let upload = upload()
        try receive(3, into: upload)
        #expect(upload.inMemory == [7, 7, 7])
        #expect(upload.length == 3)
    }

    @Test func receive_LongBody_IsInTheFileFromItsStart() throws {
        let upload = upload(start: 5)
        try receive(60 << 10, into: upload, 1)
        try receive(60 << 10, into: upload, 2)
        #expect(upload.inMemory == nil)
        #expect(upload.length == 120 << 10)
        #expect(bytes(of: upload, at: 5 + (60 << 10) - 1, count: 2) == [1, 2])
    }

    @Test func receive_MoreThanTheLimit_IsTooLarge() throws {
        let upload = upload(limit: 10)
        try receive(10, into: upload)
        #expect(throws: ServiceError.self) { try receive(1, into: upload) }
        #expect(upload.length == 10)
    }

    @Test func expect_MoreThanTheLimit_IsTooLarge() {
        let error = #expect(throws: ServiceError.self) { try upload(limit: 10).expect(11) }
        #expect(error?.code == .tooLarge)
    }

    @Test(arguments: ["", "[1]", "{}", "{\"path\":1}", "{\"path\":\"a\",\"b\":1}", "{\"file\":\"a\"}", "{\"path\":"])
    func singleMember_OtherBodies_AreInvalid(text: String) throws {
        let upload = upload()
        try Array(text.utf8).withUnsafeBytes { try upload.receive($0) }
        let error = #expect(throws: ServiceError.self) { _ = try upload.singleMember("path") }
        #expect(error?.code == .invalid)
    }

    @Test func singleMember_Text_IsReturned() throws {
        let upload = upload()
        try Array("{\"path\": \"b/\\u00e9.h5\"}".utf8).withUnsafeBytes { try upload.receive($0) }
        #expect(try upload.singleMember("path") == Array("b/\u{e9}.h5".utf8))
    }
}
