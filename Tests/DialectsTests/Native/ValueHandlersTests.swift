import Foundation
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen, .enabled(if: Fixture.directory != nil)) struct ValueHandlersTests {
    private let types = Fixture(name: "types-v110.h5")
    private let attributes = Fixture(name: "attributes-v110.h5")

    @Test func getValues_AsOctetStream_AreTheBytesThatH5pyReads() throws {
        let objects = try #require(types.facts()["objects"] as? [[String: Any]])
        for object in objects {
            guard let values = (object["values"] as? String).flatMap({ Data(base64Encoded: $0) }) else { continue }
            let path = ObjectPath(bytes: Array(Data(base64Encoded: object["path"] as? String ?? "") ?? Data()))
            let answer = try types.answer(.getValues, path, "format=octet-stream")
            #expect(answer.body == Array(values), "\(path)")
            let shape = (object["shape"] as? [Int])?.map(String.init).joined(separator: ",")
            #expect(answer.first.head.fields[.hdf5Shape] == shape)
        }
    }

    @Test(
        arguments: [
            (
                "/rows", "",
                #"[{"id":1,"weight":2.5,"label":"ab","ok":true},{"id":-2,"weight":1e+300,"label":"xyz","ok":false}]"#
            ),
            ("/rows", "field=label&field=id&rows=array", #"[["ab",1],["xyz",-2]]"#),
            ("/textrows", "rows=columns", #"{"n":[1,2],"name":["one",""],"z":[1.5,-2.5],"note":["i","ii"]}"#),
            ("/nested", "select=1", #"{"place":{"x":4.0,"y":5.0},"flag":6}"#),
            ("/bool", "select=:3", "[true,false,false]"), ("/enum", "", "[0,1,-7,99]"),
            ("/fixed", "", #"[["v0","v1","v2"],["v3","v4","v5"]]"#),
            ("/strings", "select=:3", "[\"a\",\"\",\"\u{65E5}\u{672C}\u{8A9E}\"]"),
            ("/scalar", "", "6.5"), ("/scalartext", "", #""hello""#), ("/null", "", "null"), ("/empty", "", "[]"),
            ("/odd", "", "[0,-1,2047,-2048]"), ("/be_c8/lzf", "select=0,:2", "[[0.0,0.0],[1.0,-0.5]]"),
        ])
    func getValues_AsJSON_IsTheValueItself(path: String, query: String, expected: String) throws {
        #expect(try types.text(.getValues, ObjectPath(path), query) == expected)
    }

    @Test(arguments: ["/sparse", "/le_f8/gzip", "/strings2d", "/textrows"], ["", "format=octet-stream"])
    func getValues_InSlabs_AreTheWhole(path: String, query: String) throws {
        let cut = Fixture(name: types.name, limits: .init(slab: 100, chunkLayer: 100))
        let whole = try types.answer(.getValues, ObjectPath(path), query).body
        #expect(try cut.answer(.getValues, ObjectPath(path), query).body == whole)
        let compressed = try cut.answer(.getValues, ObjectPath(path), query, isGzipped: true)
        if compressed.first.head.fields[.contentEncoding] == "gzip" {
            #expect(gunzip(compressed.body, capacity: whole.count) == whole)
        } else {
            #expect(compressed.body == whole)
        }
    }

    @Test func getValues_OfHead_ReadsNothing() throws {
        let answer = try types.answer(.getValues, ObjectPath("/sparse"), "format=octet-stream", isHead: true).first
        #expect(answer.contentLength == 40_000)
        #expect(answer.body == .complete([]))
        #expect(answer.head.fields[.hdf5Datatype] == "<f4")
    }

    @Test(
        arguments: [
            ("array", "[[0,0,0],[0,0,0]]"), ("vlen", "[[],[]]"), ("opaque", #"["AAAAAAA=","AAAAAAA="]"#),
            ("object", "[null,null]"), ("region", "[null,null]"), ("bits", "[0,0]"), ("bfloat16", "[0.0,0.0]"),
            ("mixed", #"[{"a":0,"b":[0.0,0.0]},{"a":0,"b":[0.0,0.0]}]"#),
        ])
    func getValues_OfSpecialDatatypes_AreJSON(name: String, expected: String) throws {
        #expect(try types.text(.getValues, ObjectPath("/special/\(name)")) == expected)
    }

    @Test func getValues_ThatAreNotServed_IsUnsupported() throws {
        let path: ObjectPath = ObjectPath("/special/time")
        let error = #expect(throws: ServiceError.self) { try types.text(.getValues, path) }
        #expect(error?.code == .unsupported)
        #expect(try types.text(.getDataset, path).contains(#""fillvalue":null"#))
    }

    @Test func getDataset_TellsWhatCreatesIt() throws {
        let expected = #"""
            {"file":"types-v110.h5","path":"/le_f4/shuffled","kind":"dataset","shape":[7,5],"maxshape":[7,5],\#
            "datatype":{"class":"H5T_FLOAT","base":"H5T_IEEE_F32LE"},"chunks":[4,3],\#
            "filters":[{"name":"shuffle"},{"name":"deflate","level":4},{"name":"fletcher32"}],"fillvalue":0.0,\#
            "fillvalueStored":false,"fillTime":"ifset","trackTimes":false,"trackOrder":false,"layout":"chunked","storageSize":195,"attributeCount":0,"hrefs":{\#
            "values":"/v1/values/types-v110.h5/le_f4/shuffled",\#
            "attributes":"/v1/attributes/types-v110.h5/le_f4/shuffled",\#
            "dimensions":"/v1/dimensions/types-v110.h5/le_f4/shuffled"}}
            """#
        #expect(try types.text(.getDataset, ObjectPath("/le_f4/shuffled")) == expected)
    }

    @Test(
        arguments: [
            ("/null", #""shape":null,"maxshape":null"#), ("/scalar", #""shape":[],"maxshape":[]"#),
            ("/empty", #""shape":[0,4],"maxshape":[null,4]"#), ("/unwritten", #""fillvalue":9,"fillvalueStored":true"#),
            ("/compact", #""chunks":false,"filters":[],"fillvalue":0,"fillvalueStored":false"#),
            ("/rows", #""fillvalue":{"id":0,"weight":0.0,"label":"","ok":false}"#),
        ])
    func getDataset_OfEveryShape_IsTold(path: String, expected: String) throws {
        #expect(try types.text(.getDataset, ObjectPath(path)).contains(expected))
    }

    @Test func getAttributes_OfAll_HaveTypeShapeAndValue() throws {
        let text = try attributes.text(.getAttributes, ObjectPath("/tracked"))
        let string =
            #"{"class":"H5T_STRING","charSet":"H5T_CSET_UTF8","strPad":"H5T_STR_NULLTERM","length":"H5T_VARIABLE"}"#
        let members = ["z", "a", "m"].map { #""\#($0)":{"datatype":\#(string),"shape":[],"value":"\#($0)"}"# }
        #expect(text == "{\(members.joined(separator: ","))}")
        let all = try attributes.text(.getAttributes, ObjectPath("/kinds"))
        #expect(all.contains(#""base":"H5T_STD_REF_OBJ"},"shape":[],"value":{"path":"/"}}"#))
        #expect(all.contains(#""shape":null,"value":null}"#))
    }

    @Test func getAttributes_WithANameThatIsNotUTF8_HaveItInBase64() throws {
        let expected =
            "{\"\u{FFFD}attribute\":{\"nameBase64\":\"/2F0dHJpYnV0ZQ==\",\"datatype\":"
            + #"{"class":"H5T_INTEGER","base":"H5T_STD_I8LE"},"shape":[],"value":5}}"#
        #expect(try Fixture(name: "names-v110.h5").text(.getAttributes) == expected)
    }

    @Test func getAttributes_TooLongTogether_CanBeHadOneByOne() throws {
        let fixture = Fixture(name: attributes.name, limits: .init(slab: 1000))
        for path in ["/many", "/kinds"] {
            let error = #expect(throws: ServiceError.self) { try fixture.text(.getAttributes, ObjectPath(path)) }
            #expect(error?.code == .tooLarge)
        }
        let large = try fixture.text(.getAttributes, ObjectPath("/kinds"), "name=large")
        #expect(large == "[\((0..<7000).map(String.init).joined(separator: ","))]")
    }

    @Test func getAttributes_OfOne_IsTheValue() throws {
        let answer = try attributes.answer(.getAttributes, ObjectPath("/kinds"), "name=%3Ei2")
        #expect(String(decoding: answer.body, as: UTF8.self) == "[[117,4,11],[18,25,32]]")
        #expect(answer.first.head.fields[.hdf5Shape] == "2,3")
        #expect(answer.first.head.fields[.hdf5Datatype] == ">i2")
        let octets = try attributes.answer(
            .getAttributes, ObjectPath("/kinds"), "name=%3Ei2&format=octet-stream&order=little")
        #expect(octets.body == [117, 0, 4, 0, 11, 0, 18, 0, 25, 0, 32, 0])
        #expect(octets.first.head.fields[.hdf5Datatype] == "<i2")
    }

    @Test(
        arguments: [
            ("name=nope", .notFound, "\"nope\""), ("name=", .invalid, "name="),
            ("format=octet-stream", .notAcceptable, "json"),
        ] as [(String, ErrorCode, String)])
    func getAttributes_ThatCannotBeHad_IsRefusedInWords(query: String, code: ErrorCode, word: String) throws {
        let error = #expect(throws: ServiceError.self) {
            try attributes.text(.getAttributes, ObjectPath("/kinds"), query)
        }
        #expect(error?.code == code)
        #expect(error?.message.contains(word) == true)
    }
}
