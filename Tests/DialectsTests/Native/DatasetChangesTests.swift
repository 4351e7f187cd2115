import Foundation
import H5Model
import HDF5JSON
import HTTPMessage
import HTTPTypes
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct DatasetChangesTests {
    private let file: ScratchFile

    init() throws { file = try ScratchFile() }

    @Test(
        arguments: [
            (
                #"{"value":[[1,2],[3,4]]}"#,
                #""shape":[2,2],"maxshape":[2,2],"datatype":{"class":"H5T_INTEGER","base":"H5T_STD_I64LE"}"#,
                "[[1,2],[3,4]]"
            ),
            (
                #"{"value":2.5}"#,
                #""shape":[],"maxshape":[],"datatype":{"class":"H5T_FLOAT","base":"H5T_IEEE_F64LE"}"#, "2.5"
            ),
            (
                #"{"shape":[2]}"#, #""datatype":{"class":"H5T_FLOAT","base":"H5T_IEEE_F32LE"},"chunks":false"#,
                "[0.0,0.0]"
            ),
            (#"{"shape":[2,3],"value":7,"datatype":">i2"}"#, #""base":"H5T_STD_I16BE"#, "[[7,7,7],[7,7,7]]"),
            (#"{"shape":[2,3],"value":[1,2,3],"datatype":"u1"}"#, #""base":"H5T_STD_U8LE"#, "[[1,2,3],[1,2,3]]"),
            (#"{"shape":[2,2],"value":[[1],[2]],"datatype":"u1"}"#, #""base":"H5T_STD_U8LE"#, "[[1,1],[2,2]]"),
            (#"{"shape":null,"datatype":"f8"}"#, #""shape":null,"maxshape":null"#, "null"),
            (
                #"{"value":["a","bé"]}"#,
                #""charSet":"H5T_CSET_UTF8","strPad":"H5T_STR_NULLTERM","length":"H5T_VARIABLE""#, #"["a","bé"]"#
            ),
            (#"{"shape":[2,2],"value":["x","yz"]}"#, #""length":"H5T_VARIABLE""#, #"[["x","yz"],["x","yz"]]"#),
            (#"{"value":[true,false]}"#, #""mapping":{"FALSE":0,"TRUE":1}"#, "[true,false]"),
            (#"{"value":["ab",""],"datatype":"S2"}"#, #""length":2"#, #"["ab",""]"#),
            (#"{"value":[],"datatype":"i4"}"#, #""shape":[0]"#, "[]"),
            (#"{"shape":[2],"fillvalue":9,"datatype":"i4"}"#, #""fillvalue":9"#, "[9,9]"),
            (#"{"shape":[2],"fillvalue":"NaN"}"#, #""fillvalue":"NaN""#, #"["NaN","NaN"]"#),
            (#"{"shape":[4],"maxshape":[null],"chunks":[2]}"#, #""maxshape":[null]"#, "[0.0,0.0,0.0,0.0]"),
            (#"{"shape":[4],"maxshape":[null],"chunks":[2]}"#, #""chunks":[2],"filters":[]"#, "[0.0,0.0,0.0,0.0]"),
            (
                #"{"shape":[4],"filters":[{"name":"shuffle"},{"name":"deflate","level":7},{"name":"fletcher32"}],"value":1}"#,
                #""filters":[{"name":"shuffle"},{"name":"deflate","level":7},{"name":"fletcher32"}]"#,
                "[1.0,1.0,1.0,1.0]"
            ),
            (
                #"{"shape":[4],"chunks":[4],"filters":[{"id":1,"parameters":[2]}]}"#, #"{"name":"deflate","level":2}"#,
                "[0.0,0.0,0.0,0.0]"
            ),
            (
                #"{"value":[{"n":1,"s":"x"},[2,"y"]],"datatype":{"class":"H5T_COMPOUND","fields":[{"name":"n","type":"i4"},{"name":"s","type":"str"}]}}"#,
                #""class":"H5T_COMPOUND""#, #"[{"n":1,"s":"x"},{"n":2,"s":"y"}]"#
            ),
        ])
    func createDataset_FromABody_IsDescribedAndReadBack(body: String, description: String, values: String) throws {
        // A number that only a float would keep apart, where the datatype is none.
        let body = body.replacingOccurrences(of: #""value":1}"#, with: #""value":1,"datatype":"f4"}"#)
        let answer = try file.change(.createDataset, "/a/b", "", body)
        #expect(answer.head.status == 201)
        #expect(answer.head.fields[.location] == "/v1/datasets/scratch.h5/a/b")
        #expect(answer.text.contains(description), "\(answer.text)")
        #expect(try file.text(.getDataset, "/a/b") == answer.text)
        #expect(try file.text(.getValues, "/a/b") == values)
    }

    @Test func createDataset_FromItsOwnDescription_IsTheSame() throws {
        let body =
            #"{"shape":[4,3],"maxshape":[null,3],"datatype":"<f4","chunks":[2,3],"filters":[{"name":"deflate","level":1}]}"#
        let first = try file.change(.createDataset, "/a", "", body).text
        let second = try file.change(.createDataset, "/b", "", first).text
        #expect(
            second
                == first.replacingOccurrences(of: "/a\"", with: "/b\"").replacingOccurrences(of: "h5/a", with: "h5/b"))
    }

    @Test(
        arguments: [
            ("{}", .invalid, "the body needs the key \"shape\" or \"value\""),
            ("[]", .invalid, "expected an object, found \"[\" at byte 0 of the body"),
            (
                #"{"shape":[2],"shap":1}"#, .invalid,
                "unknown key \"shap\", where the known ones are shape, maxshape, datatype, chunks, layout, filters, fillvalue, fillvalueStored, fillTime, trackTimes, trackOrder, value, external, virtual, at byte 20 of the body"
            ),
            (#"{"shape":[2],"shape":[3]}"#, .invalid, "the name \"shape\" stands twice at byte 13 of the body"),
            (#"{"shape":[2]} x"#, .invalid, "expected the end, found \"x\" at byte 14 of the body"),
            (#"{"shape":[-1]}"#, .invalid, "\"shape\" is a list, not a list of extents from 0 on"),
            (#"{"shape":2}"#, .invalid, "\"shape\" is 2, not a list of extents from 0 on"),
            (
                #"{"shape":[2],"value":[1,2,3]}"#, .invalid,
                "the value has the shape [3], which cannot be broadcast to the shape [2]"
            ),
            (#"{"shape":null,"value":1}"#, .invalid, "a null dataspace (\"shape\": null) has no value"),
            (#"{"shape":[2],"maxshape":[2,2]}"#, .invalid, "the maximum shape has 2 dimensions, the shape has 1"),
            (#"{"shape":[2],"maxshape":[1]}"#, .invalid, "dimension 0 has the extent 2, more than its maximum 1"),
            (#"{"shape":[],"maxshape":[null]}"#, .invalid, "a scalar and a null dataspace have no maximum shape"),
            (
                #"{"shape":[2],"maxshape":"x"}"#, .invalid,
                "\"maxshape\" is \"x\", not a list of extents, in which null is without limit, or true for no limit at all"
            ),
            (
                #"{"shape":[2],"chunks":[3]}"#, .invalid,
                "the chunks have the extent 3 in dimension 0, more than its maximum 2"
            ),
            (#"{"shape":[2],"chunks":[0]}"#, .invalid, "the chunks have the extent 0 in dimension 0"),
            (#"{"shape":[2],"chunks":2}"#, .invalid, "\"chunks\" is 2, not a list of extents, true or false"),
            (
                #"{"shape":[2],"chunks":false,"filters":[{"name":"shuffle"}]}"#, .invalid,
                "filters need chunks, and a contiguous dataset has none"
            ),
            (#"{"shape":[],"chunks":true}"#, .invalid, "a dataset of one scalar has neither chunks nor filters"),
            (
                #"{"shape":[2],"filters":[{"name":"zip"}]}"#, .invalid,
                "\"zip\" is no filter that is known by name (deflate, fletcher32, gzip, lzf, nbit, scaleoffset, shuffle, szip); others have an \"id\""
            ),
            (
                #"{"shape":[2],"filters":[{"name":"deflate","level":10}]}"#, .invalid,
                "\"level\" is 10, not an integer from 0 to 9"
            ),
            (
                #"{"shape":[2],"filters":[{"name":"shuffle","level":1}]}"#, .invalid,
                "unknown key \"level\": shuffle has no options"
            ),
            (
                #"{"shape":[2],"filters":[{"nam":"shuffle"}]}"#, .invalid,
                "no name is no filter that is known by name (deflate, fletcher32, gzip, lzf, nbit, scaleoffset, shuffle, szip); others have an \"id\""
            ),
            (
                #"{"shape":[2],"filters":[{"id":0}]}"#, .invalid,
                "a filter's \"id\" is 0, not an integer from 1 to 65535"
            ),
            (
                #"{"shape":[2],"filters":[{"id":5,"parameters":[-1]}]}"#, .invalid,
                "a filter's \"parameters\" are a list of integers of 32 bits"
            ),
            (
                #"{"shape":[2],"datatype":"f3"}"#, .invalid,
                "\"f3\" is no datatype; NumPy has those such as \"<f8\", HDF5/JSON describes all"
            ),
            (
                #"{"shape":[2],"datatype":"U5"}"#, .unsupported,
                "the datatype \"U5\" cannot be made: HDF5 has no UTF-32 strings; \"str\" is text of any length, \"S10\" text of at most 10 bytes"
            ),
            (
                #"{"value":[1,256],"datatype":"u1"}"#, .invalid,
                "256 is out of the range of uint8 at byte 12 of the body"
            ),
            (
                #"{"value":[1,"a"]}"#, .invalid,
                "values of several kinds, which no one datatype holds, at byte 9 of the body"
            ),
            (#"{"shape":[2],"fillvalue":[1]}"#, .invalid, "\"fillvalue\" has the shape [1], but is to be one element"),
            (
                #"{"shape":[2],"fillvalue":300,"datatype":"u1"}"#, .invalid,
                "300 is out of the range of uint8 at byte 25 of the body"
            ),
            (
                #"{"value":[[0]],"datatype":{"class":"H5T_ARRAY","base":"i4","dims":[2]}}"#, .invalid,
                "the datatype has arrays with 2 elements, not 1 as this at byte 10 of the body"
            ),
        ] as [(String, ErrorCode, String)])
    func createDataset_OfWhatCannotBe_IsRefusedInWordsAndChangesNothing(
        body: String, code: ErrorCode, message: String
    ) throws {
        let before = try file.bytes
        let error = #expect(throws: ServiceError.self) { try file.change(.createDataset, "/a", "", body) }
        #expect(error == ServiceError(code, message))
        #expect(try file.bytes == before)
    }

    @Test(
        arguments: [
            ("require=true", #"{"shape":[2],"datatype":"i4"}"#, nil),
            ("require=true&exact=true", #"{"shape":[2],"datatype":"i4"}"#, nil),
            ("require=true", #"{"shape":[2],"datatype":"i2"}"#, nil),
            (
                "require=true&exact=true", #"{"shape":[2],"datatype":"i2"}"#,
                .init(.exists, "/a is there with the datatype <i4, which is not <i2")
            ),
            (
                "require=true", #"{"shape":[2],"datatype":"i8"}"#,
                .init(.exists, "/a is there with the datatype <i4, which does not hold all values of <i8")
            ),
            (
                "require=true", #"{"shape":[3],"datatype":"i4"}"#,
                .init(.exists, "/a is there with the shape [2], not [3]")
            ),
            ("exact=true", #"{"shape":[2]}"#, .init(.invalid, "exact=true goes with require=true")),
            ("require=yes", #"{"shape":[2]}"#, .init(.invalid, "require=yes is none of true, false")),
        ] as [(String, String, ServiceError?)])
    func createDataset_ThatIsRequired_TakesOneThatWillDo(query: String, body: String, refusal: ServiceError?) throws {
        try file.change(.createDataset, "/a", "", #"{"value":[1,2],"datatype":"i4"}"#)
        if let refusal {
            let error = #expect(throws: ServiceError.self) { try file.change(.createDataset, "/a", query, body) }
            #expect(error == refusal)
        } else {
            #expect(try file.change(.createDataset, "/a", query, body).head.status == 200)
        }
        #expect(try file.text(.getValues, "/a") == "[1,2]")
    }

    @Test func createDataset_WhereOneIs_IsRefusedByTheRuleAskedFor() throws {
        try file.change(.createGroup, "/g")
        let body = #"{"shape":[2]}"#
        let code = { (query: String, createsOnly: Bool) in
            let error = #expect(throws: ServiceError.self) {
                try file.change(.createDataset, "/g", query, body, createsOnly: createsOnly)
            }
            return error?.code
        }
        #expect(code("", false) == .exists)
        #expect(code("require=true", false) == .wrongKind)
        #expect(code("require=true", true) == .preconditionFailed)
        #expect(try file.change(.createDataset, "/h", "", body, createsOnly: true).head.status == 201)
    }

    @Test func resizeDataset_OfChunks_IsDescribed() throws {
        try file.change(.createDataset, "/a", "", #"{"value":[1,2,3],"maxshape":[5],"datatype":"i4","fillvalue":7}"#)
        let answer = try file.change(.resizeDataset, "/a", "", #"{"shape":[5]}"#)
        #expect(answer.head.status == 200)
        #expect(answer.text.contains(#""shape":[5]"#))
        #expect(try file.text(.getValues, "/a") == "[1,2,3,7,7]")
        for (body, code) in [
            (#"{"shape":[6]}"#, ErrorCode.outOfBounds), (#"{"shape":[1,1]}"#, .invalid), ("{}", .invalid),
        ] {
            let error = #expect(throws: ServiceError.self) { try file.change(.resizeDataset, "/a", "", body) }
            #expect(error?.code == code)
        }
    }

    @Test func removeDataset_LeavesNoLink() throws {
        try file.change(.createDataset, "/a", "", #"{"shape":[2]}"#)
        #expect(throws: ServiceError.self) { try file.change(.removeGroup, "/a") }
        let answer = try file.change(.removeDataset, "/a")
        #expect(answer.head.status == 204)
        #expect(answer.text.isEmpty)
        #expect(throws: ServiceError.self) { try file.text(.getDataset, "/a") }
    }
}

@Suite(.leavesNothingOpen) struct CastingTests {
    @Test(
        arguments: [
            ("i4", "i4", true), ("i4", "i8", true), ("i8", "i4", false), ("u4", "i8", true), ("u8", "i8", false),
            ("i1", "u8", false), ("i1", "f2", true), ("i2", "f2", false), ("i4", "f4", false), ("i4", "f8", true),
            ("i8", "f8", true), ("i8", "f4", false), ("f4", "f8", true), ("f8", "f4", false), (">f8", "<f8", true),
            ("f4", "c8", true), ("f8", "c8", false), ("c8", "c16", true), ("c16", "c8", false), ("i2", "c8", true),
            ("?", "u1", true), ("?", "f4", true), ("u1", "?", false), ("S3", "S4", true), ("S4", "S3", false),
            ("str", "str", true), ("i4", "str", false), ("f4", "i8", false),
        ])
    func casting_IsSafeAsInNumPy(from: String, to: String, expected: Bool) throws {
        #expect(try Datatype(numPy: from).fits(Datatype(numPy: to)) == expected)
    }
}
