import H5Model
import HTTPMessage
import LockedH5
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct BatchTests {
    private let file: ScratchFile
    private static let target = "/v1/values/scratch.h5/x"

    init() throws {
        file = try ScratchFile()
        try file.change(.createDataset, "/x", "", #"{"value":[1,2,3]}"#)
    }

    private func batch(_ text: String, isLines: Bool = false) -> NativeDialect.Batch {
        let request = WorkerRequest(operation: .batch, file: Array("scratch.h5".utf8), object: .root)
        let bytes = BodyBytes(Array(text.utf8))
        return NativeDialect.Batch(request, body: isLines ? .lines(bytes) : .json(bytes))
    }

    @discardableResult
    private func run(_ text: String, isLines: Bool = false) throws -> String {
        let batch = batch(text, isLines: isLines)
        return try LockedFile.write(file.path) { file throws(ServiceError) in
            try NativeDialect.answer(batch, file: file, limits: NativeDialect.Limits())
        }.text
    }

    private func item(_ method: String, _ target: String = target, _ more: String = "") -> String {
        #"{"method":"\#(method)","target":"\#(target)"\#(more)}"#
    }

    @Test(arguments: ["/v1/datasets/scratch.h5/x", "/v1/groups/scratch.h5"])
    func changes_AreKept_BesideSomethingRequiredThatIsThere(target: String) throws {
        let shape = target.contains("datasets") ? #","body":{"shape":[3],"datatype":"<i8"}"# : ""
        try run("[\(item("PUT", Self.target, #","body":[4,5,6]"#)),\(item("PUT", target + "?require=true", shape))]")
        #expect(try run("[\(item("GET"))]").contains(#""body":[4,5,6]}"#))
    }

    @Test func requests_SeeWhatEarlierOnesWrote() throws {
        let text = try run("[\(item("PUT", Self.target, #","body":[4,5,6]"#)),\(item("GET"))]")
        #expect(text.hasPrefix(#"[{"status":204,"#))
        #expect(text.contains(#""body":[4,5,6]}"#))
    }

    @Test func requests_OneOfWhichFails_ChangeNothingAndNameItsIndex() throws {
        let before = try file.bytes
        let text = "[\(item("PUT", Self.target, #","body":[4,5,6]"#)),\(item("GET", "/v1/values/scratch.h5/none"))]"
        let error = #expect(throws: ServiceError.self) { try run(text) }
        #expect(error?.code == .notFound && error?.index == 1)
        #expect(try file.bytes == before)
    }

    @Test func lines_AreAnsweredInLines() throws {
        let text = try run("\(item("GET"))\n\n\(item("HEAD"))", isLines: true)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3 && lines[2].isEmpty)
        #expect(lines[0].contains(#""body":[1,2,3]"#) && lines[1].contains(#""body":null"#))
    }

    @Test func lines_AcrossWindows_AreAllDone() throws {
        let count = 3000
        let padding = #","headers":{"X-Padding":"\#(String(repeating: "-", count: 3000))"}"#
        let lines = Array(repeating: item("GET", "/v1/links/scratch.h5/x", padding), count: count)
        var seen = 0
        try batch(lines.joined(separator: "\n"), isLines: true).forEach { _, index in seen += index == seen ? 1 : 0 }
        #expect(seen == count)
    }

    @Test func bytes_TravelAsBase64() throws {
        let octets = #","headers":{"Content-Type":"application/octet-stream"},"body":"BwAAAAAAAAA=""#
        let accept = #","headers":{"Accept":"application/octet-stream"}"#
        let one = "\(Self.target)?select=1"
        let text = try run("[\(item("PUT", one, octets)),\(item("GET", one)),\(item("GET", one, accept))]")
        #expect(text.contains(#""body":7}"#))
        #expect(text.hasSuffix(#""body":"BwAAAAAAAAA="}]"#))
    }

    @Test func lockMode_IsSharedWhereAllRead() throws {
        #expect(try batch("[\(item("GET")),\(item("HEAD"))]").lockMode() == .shared)
        #expect(try batch("[\(item("GET")),\(item("DELETE", "/v1/links/scratch.h5/x"))]").lockMode() == .exclusive)
        #expect(try batch("[]").lockMode() == .shared)
    }

    @Test(
        arguments: [
            (#"{"method":"GET"}"#, ErrorCode.invalid), (#"{"target":"/v1/values/scratch.h5/x"}"#, .invalid),
            (#"{"method":"GET","target":"/v1/values/other.h5/x"}"#, .invalid),
            (#"{"method":"GET","target":"/v1/values/scratch.h5/x?nonsense=1"}"#, .invalid),
            (#"{"method":"GET","target":"/v1/nothing/scratch.h5/x"}"#, .notFound),
            (#"{"method":"POST","target":"/v1/groups/scratch.h5/x"}"#, .invalid),
            (#"{"method":"GET","target":"/v1/values/scratch.h5/%2e%2e/x"}"#, .invalid),
            (#"{"method":"PUT","target":"/v1/raw/scratch.h5"}"#, .unsupported),
            (#"{"method":"POST","target":"/v1/batch/scratch.h5"}"#, .unsupported),
            (#"{"method":"GET","target":"/v1/values/scratch.h5/x","body":1}"#, .invalid),
            (#"{"method":"GET","target":"/v1/values/scratch.h5/x","headers":{"Lock-Token":"1"}}"#, .invalid),
            (
                #"{"method":"PUT","target":"/v1/values/scratch.h5/x","headers":{"Content-Type":"text/csv"},"body":"1"}"#,
                .unsupportedMedia
            ),
            (#"{"method":"GET","target":"/v1/values/scratch.h5/x","other":1}"#, .invalid), ("1", .invalid),
            ("{", .invalid),
        ])
    func request_ThatIsNone_IsRefused(text: String, code: ErrorCode) throws {
        let error = #expect(throws: ServiceError.self) { try batch("[\(text)]").lockMode() }
        #expect(error?.code == code)
    }

    @Test func write_UnderASharedLock_IsRefused() throws {
        let batch = batch("[\(item("PUT", Self.target, #","body":1"#))]")
        let error = #expect(throws: ServiceError.self) {
            try LockedFile.read(file.path) { file throws(ServiceError) in
                try NativeDialect.answer(batch, file: file, limits: NativeDialect.Limits())
            }
        }
        #expect(error?.code == .wrongKind)
    }
}
