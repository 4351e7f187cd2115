import Foundation
import H5Model
import HTTPMessage
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct ValuesChangeTests {
    private let file: ScratchFile

    init() throws {
        file = try ScratchFile()
        try file.change(.createDataset, "/a", "", #"{"shape":[3,4],"datatype":">i2"}"#)
        try file.change(.createDataset, "/strings", "", #"{"shape":[3],"datatype":"str"}"#)
        try file.change(.createDataset, "/scalar", "", #"{"shape":[],"datatype":"f8"}"#)
        try file.change(.createDataset, "/null", "", #"{"shape":null}"#)
        let fields = #"[{"name":"n","type":"<i4"},{"name":"x","type":">f8"},{"name":"s","type":"S2"}]"#
        let row = #"{"class":"H5T_COMPOUND","fields":\#(fields)}"#
        try file.change(.createDataset, "/rows", "", #"{"shape":[2],"datatype":\#(row)}"#)
        let noted = row.replacingOccurrences(of: "S2", with: "str")
        try file.change(.createDataset, "/noted", "", #"{"shape":[2],"datatype":\#(noted)}"#)
    }

    @Test(
        arguments: [
            ("/a", "", "[[1,2,3,4],[5,6,7,8],[9,10,11,12]]", "[[1,2,3,4],[5,6,7,8],[9,10,11,12]]"),
            ("/a", "", "7", "[[7,7,7,7],[7,7,7,7],[7,7,7,7]]"),
            ("/a", "", "[1,2,3,4]", "[[1,2,3,4],[1,2,3,4],[1,2,3,4]]"),
            ("/a", "", "[[1],[2],[3]]", "[[1,1,1,1],[2,2,2,2],[3,3,3,3]]"),
            ("/a", "select=1", "[1,2,3,4]", "[[0,0,0,0],[1,2,3,4],[0,0,0,0]]"),
            ("/a", "select=1", "[[1,2,3,4]]", "[[0,0,0,0],[1,2,3,4],[0,0,0,0]]"),
            ("/a", "select=::2,1:3", "[[1,2],[3,4]]", "[[0,1,2,0],[0,0,0,0],[0,3,4,0]]"),
            ("/a", "select=-1,-1", "-32768", "[[0,0,0,0],[0,0,0,0],[0,0,0,-32768]]"),
            ("/a", "select=0:0", "[]", "[[0,0,0,0],[0,0,0,0],[0,0,0,0]]"),
            ("/scalar", "", "\"-Infinity\"", "\"-Infinity\""), ("/strings", "", #"["a","","cé"]"#, #"["a","","cé"]"#),
            ("/strings", "select=1:", #""x""#, #"["","x","x"]"#),
            (
                "/rows", "", #"[{"n":1,"x":2,"s":"ab"},[3,4,"c"]]"#,
                #"[{"n":1,"x":2.0,"s":"ab"},{"n":3,"x":4.0,"s":"c"}]"#
            ),
            ("/rows", "field=x", "[1.5,2.5]", #"[{"n":0,"x":1.5,"s":""},{"n":0,"x":2.5,"s":""}]"#),
            (
                "/rows", "field=s&field=n", #"[["a",1],{"n":2,"s":"b"}]"#,
                #"[{"n":1,"x":0.0,"s":"a"},{"n":2,"x":0.0,"s":"b"}]"#
            ),
            ("/rows", "field=n&select=0", #"{"n":5}"#, #"[{"n":5,"x":0.0,"s":""},{"n":0,"x":0.0,"s":""}]"#),
            (
                "/noted", "select=1", #"{"n":1,"x":2,"s":"text"}"#,
                #"[{"n":0,"x":0.0,"s":""},{"n":1,"x":2.0,"s":"text"}]"#
            ),
            ("/noted", "", #"{"n":1,"x":2,"s":"t"}"#, #"[{"n":1,"x":2.0,"s":"t"},{"n":1,"x":2.0,"s":"t"}]"#),
        ])
    func putValues_AsJSON_AreReadBack(path: String, query: String, json: String, expected: String) throws {
        let answer = try file.change(.putValues, path, query, json)
        #expect(answer.head.status == 204)
        #expect(try file.text(.getValues, path) == expected)
    }

    @Test(
        arguments: [
            ("/a", "select=0,:2", [1, 2, 3, 4], "[[258,772,0,0],[0,0,0,0],[0,0,0,0]]"),
            ("/a", "select=0,:2&order=big", [1, 2, 3, 4], "[[258,772,0,0],[0,0,0,0],[0,0,0,0]]"),
            ("/a", "select=0,:2&order=little", [2, 1, 4, 3], "[[258,772,0,0],[0,0,0,0],[0,0,0,0]]"),
            ("/strings", "", [1, 0, 0, 0, 97, 0, 0, 0, 0, 2, 0, 0, 0, 98, 99], #"["a","","bc"]"#),
            (
                "/rows", "select=1&order=big", [0, 0, 0, 1, 64, 0, 0, 0, 0, 0, 0, 0, 97, 98],
                #"[{"n":0,"x":0.0,"s":""},{"n":1,"x":2.0,"s":"ab"}]"#
            ),
            (
                "/rows", "select=1&order=little", [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 97, 98],
                #"[{"n":0,"x":0.0,"s":""},{"n":1,"x":2.0,"s":"ab"}]"#
            ),
            (
                "/noted", "select=0&order=big", [0, 0, 0, 1, 64, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 97],
                #"[{"n":1,"x":2.0,"s":"a"},{"n":0,"x":0.0,"s":""}]"#
            ),
            ("/a", "select=0:0", [], "[[0,0,0,0],[0,0,0,0],[0,0,0,0]]"),
        ] as [(String, String, [UInt8], String)])
    func putValues_AsOctets_AreReadBack(path: String, query: String, octets: [UInt8], expected: String) throws {
        try file.change(.putValues, path, query, octets: octets)
        #expect(try file.text(.getValues, path) == expected)
    }

    @Test(arguments: [1, 3, 8, 64, 1 << 20]) func putValues_InSmallWindows_AreTheWhole(window: Int) throws {
        file.limits = .init(value: window)
        let strings = (0..<50).map { String(repeating: "x", count: $0 * 7 % 23) }
        let expected = "[\(strings.map { "\"\($0)\"" }.joined(separator: ","))]"
        try file.change(.createDataset, "/s", "", #"{"shape":[50],"datatype":"str"}"#)
        let octets = strings.flatMap { (text: String) -> [UInt8] in
            [UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)
        }
        try file.change(.putValues, "/s", "", octets: octets)
        #expect(try file.text(.getValues, "/s") == expected)
        let numbers = (0..<12).map { UInt8($0) }
        try file.change(.createDataset, "/n", "", #"{"shape":[4,3],"chunks":[3,2],"datatype":"u1"}"#)
        try file.change(.putValues, "/n", "", octets: numbers)
        #expect(try file.text(.getValues, "/n") == "[[0,1,2],[3,4,5],[6,7,8],[9,10,11]]")
        try file.change(.putValues, "/n", "select=1:", "[[7],[8],[9]]")
        #expect(try file.text(.getValues, "/n") == "[[0,1,2],[7,7,7],[8,8,8],[9,9,9]]")
    }

    @Test(
        arguments: [
            ("/a", "", "[1,2]", .invalid, "the value has the shape [2], which cannot be broadcast to the shape [3, 4]"),
            (
                "/a", "", "[[1,2,3,4],[1,2,3,4]]", .invalid,
                "the value has the shape [2, 4], which cannot be broadcast to the shape [3, 4]"
            ),
            (
                "/a", "select=0,0", "[1,2]", .invalid,
                "the value has the shape [2], which cannot be broadcast to the shape []"
            ),
            ("/a", "select=3", "1", .outOfBounds, "/a: index 3 is outside dimension 0, whose extent is 3"),
            (
                "/a", "select=x", "1", .invalid,
                "selection \"x\": \"x\" is not an integer, a slice start:stop:step, a list [i,j,k] or an ellipsis ..."
            ),
            (
                "/a", "order=big", "1", .invalid,
                "order= tells the byte order of application/octet-stream, and not of other bodies"
            ),
            ("/a", "field=x", "1", .invalid, "/a is no compound dataset, so that it has no field \"x\""),
            ("/a", "", "32768", .invalid, "32768 is out of the range of int16 at byte 0 of the body"),
            (
                "/a", "", "[[1,2,3,4],[1,2,3,4],[1,2,3]]", .invalid,
                "a list of 3 where those before have 4, which makes no array, at byte 21 of the body"
            ),
            ("/a", "", "", .invalid, "expected a value, found the end at byte 0 of the body"),
            ("/null", "", "1", .invalid, "/null has a null dataspace, which holds no values"),
            ("/rows", "field=q", "1", .notFound, "/rows: no field \"q\"; the fields are n, x, s"),
            (
                "/rows", "field=x&field=n", "[1,2,3]", .invalid,
                "a row has 2 fields, and there is one more at byte 5 of the body"
            ),
            ("/nope", "", "1", .notFound, "no object at /nope"),
        ] as [(String, String, String, ErrorCode, String)])
    func putValues_ThatDoNotFit_AreRefusedInWordsAndChangeNothing(
        path: String, query: String, json: String, code: ErrorCode, message: String
    ) throws {
        let before = try file.bytes
        let error = #expect(throws: ServiceError.self) { try file.change(.putValues, path, query, json) }
        #expect(error == ServiceError(code, message))
        #expect(try file.bytes == before)
    }

    @Test(
        arguments: [
            ("/a", "", [1], "the body has 1 bytes, but 12 elements of 2 bytes have 24"),
            ("/strings", "", [], "the body ends within element 1 of 3"),
            ("/strings", "", [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], "the body ends within element 3 of 3"),
            ("/strings", "select=0", [0, 0, 0, 0, 9], "the body has 1 bytes more than its 1 elements"),
            ("/strings", "select=0", [255, 255, 255, 255], "the body has a value of -1 bytes"),
            (
                "/strings", "select=0", [1, 0, 0, 0, 0],
                "the body has a string with a NUL inside, which would end it there"
            ),
        ] as [(String, String, [UInt8], String)])
    func putValues_OfOtherBytes_AreRefusedInWordsAndChangeNothing(
        path: String, query: String, octets: [UInt8], message: String
    ) throws {
        let before = try file.bytes
        let error = #expect(throws: ServiceError.self) { try file.change(.putValues, path, query, octets: octets) }
        #expect(error == ServiceError(.invalid, message))
        #expect(try file.bytes == before)
    }
}
