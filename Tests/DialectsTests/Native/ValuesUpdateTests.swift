import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct ValuesUpdateTests {
    private let file: ScratchFile

    init() throws {
        file = try ScratchFile()
        try file.change(.createDataset, "/x", "", #"{"value":[[1,2,3],[4,5,6]],"datatype":"<i4"}"#)
    }

    private func update(_ body: String, _ query: String = "", of object: String = "/x") throws -> String {
        try file.change(.updateValues, object, query, body).text
    }

    private func refusal(_ body: String, _ query: String = "", of object: String = "/x") throws -> ErrorCode? {
        let before = try file.bytes
        let error = #expect(throws: ServiceError.self) { try file.change(.updateValues, object, query, body) }
        #expect(try file.bytes == before)
        return error?.code
    }

    @Test(
        arguments: [
            (#"{"add":10}"#, "", "[[11,12,13],[14,15,16]]"), (#"{"add":[1,0,-1]}"#, "", "[[2,2,2],[5,5,5]]"),
            (#"{"add":[[1,1,1],[2,2,2]]}"#, "", "[[2,3,4],[6,7,8]]"), (#"{"add":5}"#, "select=1,2", "11"),
            (#"{"add":[1,2]}"#, "select=:,0", "[2,6]"), (#"{"compare":[1,4],"set":[7,8]}"#, "select=:,0", "[7,8]"),
            (#"{"compare":6,"set":-6}"#, "select=1,2", "-6"),
        ])
    func update_OfASelection_IsAnsweredAndWritten(body: String, query: String, expected: String) throws {
        #expect(try update(body, query) == expected)
        #expect(try file.text(.getValues, "/x", query) == expected)
    }

    @Test(
        arguments: [
            (#"{"compare":[1,5],"set":0}"#, "select=:,0", ErrorCode.preconditionFailed),
            (#"{"add":2147483647}"#, "", .outOfBounds), (#"{"add":1.5}"#, "", .invalid),
            (#"{"add":[1,2]}"#, "", .invalid),
            (#"{"add":1,"set":2}"#, "", .invalid), (#"{"compare":1}"#, "", .invalid), ("{}", "", .invalid),
            (#"{"add":1}"#, "select=7", .outOfBounds), (#"{"add":"1"}"#, "", .invalid),
        ])
    func update_ThatCannotBe_ChangesNothing(body: String, query: String, code: ErrorCode) throws {
        #expect(try refusal(body, query) == code)
    }

    @Test(
        arguments: [
            ("i1", "127", "1"), ("u1", "255", "1"), ("i2", "-32768", "-1"), ("u2", "65535", "1"),
            ("<i4", "2147483647", "1"),
            (">u4", "4294967295", "1"), (">i8", "9223372036854775807", "1"), ("u8", "18446744073709551615", "1"),
        ])
    func add_BeyondTheDatatype_IsOutOfBounds(type: String, value: String, term: String) throws {
        try file.change(.createDataset, "/n", "", #"{"value":\#(value),"datatype":"\#(type)"}"#)
        #expect(try refusal(#"{"add":\#(term)}"#, of: "/n") == .outOfBounds)
    }

    @Test(arguments: ["i1", "u1", ">i2", "<u2", ">i4", "<u4", ">i8", "<u8", ">f4", "<f4", ">f8", "<f8"])
    func add_EveryDatatypeOfNumbers_IsExact(type: String) throws {
        try file.change(.createDataset, "/n", "", #"{"value":[1,100],"datatype":"\#(type)"}"#)
        let sum = try update(#"{"add":[2,20]}"#, of: "/n")
        #expect(sum == (type.contains("f") ? "[3.0,120.0]" : "[3,120]"))
    }

    @Test func add_ToWhatIsNoNumber_IsUnsupportedButCompareIsNot() throws {
        try file.change(.createDataset, "/s", "", #"{"value":["a","b"],"datatype":"S1"}"#)
        #expect(try refusal(#"{"add":"c"}"#, of: "/s") == .unsupported)
        #expect(try update(#"{"compare":["a","b"],"set":["c","d"]}"#, of: "/s") == #"["c","d"]"#)
    }

    @Test func compare_OfFloats_IsBitForBit() throws {
        try file.change(.createDataset, "/f", "", #"{"value":["NaN",0.0],"datatype":"<f8"}"#)
        #expect(try refusal(#"{"compare":["NaN",-0.0],"set":1}"#, of: "/f") == .preconditionFailed)
        #expect(try update(#"{"compare":["NaN",0.0],"set":1}"#, of: "/f") == "[1.0,1.0]")
    }
}

@Suite(.leavesNothingOpen) struct ContentTagTests {
    private let file: ScratchFile

    init() throws {
        file = try ScratchFile()
        try file.change(.createDataset, "/x", "", #"{"value":[1,2,3]}"#)
    }

    private func tag(_ operation: Routes.Operation, _ object: String, _ query: String = "") throws -> String? {
        try file.answer(operation, object, query).contentTag
    }

    @Test func tag_OfAWrite_IsThatOfWhatIsReadThen() throws {
        let written = try file.change(.putValues, "/x", "", "[4,5,6]").contentTag
        #expect(try written == tag(.getValues, "/x"))
        let made = try file.change(.putAttribute, "/x", "name=a", "7").contentTag
        #expect(try made == tag(.getAttributes, "/x", "name=a"))
        let group = try file.change(.createGroup, "/g", "", "{}").contentTag
        #expect(try group == tag(.getGroup, "/g"))
        #expect(written != nil && made != nil && group != nil)
    }

    @Test(
        arguments: [
            ("<f8", "", "[1.5,\"NaN\",-0.0]"), (">i2", "", "[1,2,3]"), ("<f4", "", "0.1"), ("u1", "select=1", "200"),
            ("<i8", "select=::2", "[9007199254740993,-1]"), ("bool", "", "[true,false,true]"),
            ("S4", "", "[\"a\",\"b\",\"c\"]"),
            ("str", "", "[\"\u{e4}\",\"\",\"c\"]"), ("<c16", "", "[[1,2],[3,4],[5,6]]"),
        ])
    func tag_OfWrittenValues_IsThatOfReadingThem(type: String, query: String, value: String) throws {
        try file.change(
            .createDataset, "/n", "", #"{"shape":[3],"datatype":"\#(type)","chunks":[2],"maxshape":[null]}"#)
        let written = try file.change(.putValues, "/n", query, value).contentTag
        #expect(written != nil)
        #expect(try written == tag(.getValues, "/n", query))
    }

    @Test func tag_ChangesWithTheContentAlone() throws {
        let before = try tag(.getValues, "/x")
        try file.change(.createGroup, "/elsewhere", "", "{}")
        #expect(try tag(.getValues, "/x") == before)
        try file.change(.putValues, "/x", "select=0", "9")
        #expect(try tag(.getValues, "/x") != before)
    }

    @Test func make_SameBytesOfAnotherShapeOrForm_AreOtherContents() {
        var head = ResponseHead(status: 200, fields: [.contentType: "application/octet-stream", .hdf5Shape: "2,3"])
        let first = ContentTag.make(head, [1, 2, 3])
        head.fields[.hdf5Shape] = "3,2"
        let second = ContentTag.make(head, [1, 2, 3])
        head.fields[.contentType] = "application/json"
        let third = ContentTag.make(head, [1, 2, 3])
        #expect(Set([first, second, third]).count == 3)
        #expect(first?.first == "o" && third?.first == "j")
    }

    @Test func make_LongBody_HasNone() {
        let head = ResponseHead(status: 200, fields: [.contentType: "application/json"])
        #expect(ContentTag.make(head, Array(repeating: 0, count: ContentTag.longestBody)) != nil)
        #expect(ContentTag.make(head, Array(repeating: 0, count: ContentTag.longestBody + 1)) == nil)
    }

    @Test func tag_OfATreeAndOfLongValues_IsNil() throws {
        #expect(try tag(.getTree, "/") == nil)
        try file.change(.createDataset, "/long", "", #"{"shape":[5000],"datatype":"<f8"}"#)
        #expect(try tag(.getValues, "/long") == nil)
    }
}
