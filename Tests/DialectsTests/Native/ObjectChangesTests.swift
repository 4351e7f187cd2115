import Foundation
import H5Model
import HTTPMessage
import HTTPTypes
import LockedH5
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct GroupAndLinkChangesTests {
    private let file: ScratchFile

    init() throws { file = try ScratchFile() }

    private func refusal(
        _ operation: Routes.Operation, _ object: String, _ query: String = "", _ body: String? = nil,
        createsOnly: Bool = false
    ) throws -> ServiceError? {
        let before = try file.bytes
        let error = #expect(throws: ServiceError.self) {
            try file.change(operation, object, query, body, createsOnly: createsOnly)
        }
        #expect(try file.bytes == before)
        return error
    }

    @Test func createGroup_WithGroupsOnTheWay_IsDescribed() throws {
        let answer = try file.change(.createGroup, "/a/b", "", #"{"trackOrder":true}"#)
        #expect(answer.head.status == 201)
        #expect(answer.head.fields[.location] == "/v1/groups/scratch.h5/a/b")
        #expect(answer.text.contains(#""path":"/a/b","kind":"group","memberCount":0"#))
        #expect(answer.text.contains(#""tracksCreationOrder":true"#))
        #expect(try file.text(.getGroup, "/a").contains(#""tracksCreationOrder":false"#))
    }

    @Test func createGroup_WhereSomethingIs_IsRefusedByTheRuleAskedFor() throws {
        try file.change(.createGroup, "/g")
        try file.change(.createDataset, "/d", "", #"{"shape":[1]}"#)
        #expect(try refusal(.createGroup, "/g")?.code == .exists)
        #expect(try refusal(.createGroup, "/g", "require=true", createsOnly: true)?.code == .preconditionFailed)
        #expect(
            try refusal(.createGroup, "/d", "require=true") == ServiceError(.wrongKind, "/d is a dataset, not a group"))
        #expect(try refusal(.createGroup, "/d/x", "require=true")?.code == .wrongKind)
        #expect(try refusal(.createGroup, "/x", "", #"{"track":1}"#)?.code == .invalid)
        #expect(
            try refusal(.createGroup, "/x", "", #"{"trackOrder":1}"#)
                == ServiceError(.invalid, "\"trackOrder\" is 1, not true or false"))
        #expect(try file.change(.createGroup, "/g", "require=true").head.status == 200)
        #expect(try file.change(.createGroup, "/", "require=true").head.status == 200)
    }

    @Test(
        arguments: [
            (#"{"link":"hard","target":"/g/d"}"#, #""link":"hard","kind":"dataset""#),
            (#"{"link":"soft","target":"/g/d"}"#, #""link":"soft","target":"/g/d","kind":"dataset""#),
            (#"{"link":"soft","target":"/nowhere"}"#, #""link":"soft","target":"/nowhere","kind":null"#),
            (#"{"link":"soft","target":"?","targetBase64":"/w=="}"#, #""targetBase64":"/w==""#),
            (
                #"{"link":"external","targetFile":"x.h5","target":"/y"}"#,
                #""target":"/y","targetFile":"x.h5","kind":null"#
            ),
        ])
    func createLink_OfEachClass_IsDescribed(body: String, description: String) throws {
        try file.change(.createDataset, "/g/d", "", #"{"shape":[1]}"#)
        let answer = try file.change(.createLink, "/new/l", "", body)
        #expect(answer.head.status == 201)
        #expect(answer.head.fields[.location] == "/v1/links/scratch.h5/new/l")
        #expect(answer.text.contains(description), "\(answer.text)")
        #expect(try file.text(.getLink, "/new/l") == answer.text)
        #expect(
            try file.change(
                .createLink, "/copy", "",
                answer.text.replacingOccurrences(of: #""link":"hard""#, with: #""link":"hard","target":"/g/d""#)
            ).head.status == 201)
    }

    @Test(
        arguments: [
            ("", ErrorCode.invalid, "the body needs the key \"link\""),
            (#"{"link":"hard"}"#, .invalid, "the body needs the key \"target\""),
            (
                #"{"link":"symbolic","target":"/g"}"#, .invalid,
                "\"link\" is \"symbolic\", not one of \"hard\", \"soft\", \"external\""
            ),
            (
                #"{"link":"soft","target":"/g","targetFile":"x"}"#, .invalid,
                "a soft link stays in its file and has no \"targetFile\""
            ),
            (#"{"link":"external","target":"/g"}"#, .invalid, "the body needs the key \"targetFile\""),
            (#"{"link":"soft","target":""}"#, .invalid, "a soft link's target is empty"),
            (#"{"link":"soft","target":"a\u0000"}"#, .invalid, "a soft link's target holds a NUL"),
            (#"{"link":"soft","target":1}"#, .invalid, "\"target\" is 1, not a string"),
            (#"{"link":"hard","target":"/nope"}"#, .notFound, "no object at /nope"),
        ])
    func createLink_OfWhatCannotBe_IsRefusedInWords(body: String, code: ErrorCode, message: String) throws {
        #expect(try refusal(.createLink, "/l", "", body) == ServiceError(code, message))
    }

    @Test func createLink_WhereOneIs_IsRefused() throws {
        let body = #"{"link":"soft","target":"/nowhere"}"#
        try file.change(.createLink, "/l", "", body)
        #expect(try refusal(.createLink, "/l", "", body)?.code == .exists)
        #expect(try refusal(.createLink, "/l", "", body, createsOnly: true)?.code == .preconditionFailed)
    }

    @Test func moveLink_OfAnyClass_IsDescribedInItsNewPlace() throws {
        try file.change(.createLink, "/l", "", #"{"link":"soft","target":"/nowhere"}"#)
        let answer = try file.change(.moveLink, "/l", "", #"{"path":"/a/b"}"#)
        #expect(answer.head.status == 200)
        #expect(answer.text.contains(#""path":"/a/b","link":"soft","target":"/nowhere""#))
        #expect(throws: ServiceError.self) { try file.text(.getLink, "/l") }
        try file.change(.createGroup, "/g")
        #expect(try refusal(.moveLink, "/g", "", #"{"path":"/a/b"}"#)?.code == .exists)
        #expect(try refusal(.moveLink, "/nope", "", #"{"path":"/x"}"#)?.code == .notFound)
        #expect(try refusal(.moveLink, "/g", "", #"{"path":"/"}"#)?.code == .invalid)
        #expect(try refusal(.moveLink, "/", "", #"{"path":"/x"}"#)?.code == .invalid)
        #expect(try refusal(.moveLink, "/g", "", "{}")?.message == "the body needs the key \"path\"")
    }

    @Test func remove_OfEachKind_ChecksTheKind() throws {
        try file.change(.createGroup, "/g")
        try file.change(.createLink, "/l", "", #"{"link":"soft","target":"/nowhere"}"#)
        #expect(try refusal(.removeDataset, "/g")?.code == .wrongKind)
        #expect(try refusal(.removeGroup, "/nope")?.code == .notFound)
        #expect(
            try refusal(.removeGroup, "/") == ServiceError(.invalid, "/ is the root group, which cannot be removed"))
        #expect(try file.change(.removeGroup, "/g").head.status == 204)
        #expect(try file.change(.removeLink, "/l").head.status == 204)
        #expect(try file.text(.getGroup, "/").contains(#""memberCount":0"#))
    }
}

@Suite(.leavesNothingOpen) struct AttributeChangesTests {
    private let file: ScratchFile

    init() throws { file = try ScratchFile() }

    @Test(
        arguments: [
            ("", "5", #"{"datatype":{"class":"H5T_INTEGER","base":"H5T_STD_I64LE"},"shape":[],"value":5}"#),
            (
                "", "[1.5,2]",
                #"{"datatype":{"class":"H5T_FLOAT","base":"H5T_IEEE_F64LE"},"shape":[2],"value":[1.5,2.0]}"#
            ),
            (
                "&datatype=%3Ei2&shape=2,2", "7",
                #"{"datatype":{"class":"H5T_INTEGER","base":"H5T_STD_I16BE"},"shape":[2,2],"value":[[7,7],[7,7]]}"#
            ),
            (
                "&datatype=%22S3%22&shape=", "\"ab\"",
                #"{"datatype":{"class":"H5T_STRING","charSet":"H5T_CSET_ASCII","strPad":"H5T_STR_NULLPAD","length":3},"shape":[],"value":"ab"}"#
            ),
            (
                "&datatype=f4&shape=null", "null",
                #"{"datatype":{"class":"H5T_FLOAT","base":"H5T_IEEE_F32LE"},"shape":null,"value":null}"#
            ),
            ("", "[]", #"{"datatype":{"class":"H5T_FLOAT","base":"H5T_IEEE_F64LE"},"shape":[0],"value":[]}"#),
        ])
    func putAttribute_AsJSON_IsDescribed(query: String, json: String, expected: String) throws {
        let answer = try file.change(.putAttribute, "/", "name=a" + query, json)
        #expect(answer.head.status == 201)
        #expect(answer.head.fields[.location] == "/v1/attributes/scratch.h5?name=a")
        #expect(answer.text == expected)
        #expect(try file.text(.getAttributes, "/") == #"{"a":\#(expected)}"#)
        #expect(try file.change(.putAttribute, "/", "name=a" + query, json).head.status == 200)
    }

    @Test(
        arguments: [
            ("datatype=%3Ei2&shape=2", [1, 2, 3, 4], #""shape":[2],"value":[258,772]"#),
            ("datatype=%3Ei2&shape=2&order=little", [2, 1, 4, 3], #""shape":[2],"value":[258,772]"#),
            ("datatype=u1", [9], #""shape":[],"value":9"#),
            ("datatype=str&shape=2", [1, 0, 0, 0, 97, 0, 0, 0, 0], #""shape":[2],"value":["a",""]"#),
        ] as [(String, [UInt8], String)])
    func putAttribute_AsOctets_IsDescribed(query: String, octets: [UInt8], expected: String) throws {
        #expect(try file.change(.putAttribute, "/", "name=a&" + query, octets: octets).text.contains(expected))
    }

    @Test(
        arguments: [
            ("", "1", "the query needs the attribute's name, with name="),
            ("name=", "1", "name= is empty, which no attribute's name is"),
            ("name=a", nil, "the request has no body, which would be the attribute's value"),
            ("name=a&shape=2", "[1,2,3]", "the value has the shape [3], which cannot be broadcast to the shape [2]"),
            ("name=a&shape=x", "1", "shape=x is no list of extents such as 4,6, and not null"),
            ("name=a&shape=-1", "1", "shape=-1 is no list of extents such as 4,6, and not null"),
            ("name=a&shape=null", "null", "a null dataspace needs datatype="),
            ("name=a&shape=null&datatype=f4", "1", "a null dataspace (shape=null) has no value but null"),
            (
                "name=a&order=big", "1",
                "order= tells the byte order of application/octet-stream, and not of other bodies"
            ),
            ("name=a&datatype=u1", "256", "256 is out of the range of uint8 at byte 0 of the body"),
            (
                "name=a&datatype=f3", "1",
                "\"f3\" is no datatype; NumPy has those such as \"<f8\", HDF5/JSON describes all"
            ),
            ("name=a", "null", "a null dataspace needs datatype="),
        ] as [(String, String?, String)])
    func putAttribute_OfWhatCannotBe_IsRefusedInWords(query: String, json: String?, message: String) throws {
        let before = try file.bytes
        let error = #expect(throws: ServiceError.self) { try file.change(.putAttribute, "/", query, json) }
        #expect(error == ServiceError(.invalid, message))
        #expect(try file.bytes == before)
    }

    @Test func putAttribute_AsOctetsThatDoNotFit_IsRefused() throws {
        for (query, octets) in [("name=a", [1]), ("name=a&datatype=u1", [1, 2]), ("name=a&datatype=u1&shape=2", [1])]
            as [(String, [UInt8])]
        {
            let error = #expect(throws: ServiceError.self) {
                try file.change(.putAttribute, "/", query, octets: octets)
            }
            #expect(error?.code == .invalid)
        }
    }

    @Test func putAttribute_ToCreateOnly_IsRefusedWhereItIs() throws {
        try file.change(.putAttribute, "/", "name=a", "1", createsOnly: true)
        let error = #expect(throws: ServiceError.self) {
            try file.change(.putAttribute, "/", "name=a", "2", createsOnly: true)
        }
        #expect(error == ServiceError(.preconditionFailed, "the attribute \"a\" of / is there already"))
        let missing = #expect(throws: ServiceError.self) {
            try file.change(.putAttribute, "/x", "name=a", "2", createsOnly: true)
        }
        #expect(missing?.code == .notFound)
    }

    @Test func modifyAttribute_KeepsDatatypeAndShape() throws {
        try file.change(.putAttribute, "/", "name=a&datatype=%3Ei2&shape=2", "0")
        let answer = try file.change(.modifyAttribute, "/", "name=a", "[258,3.0]")
        #expect(answer.head.status == 200)
        #expect(
            answer.text == #"{"datatype":{"class":"H5T_INTEGER","base":"H5T_STD_I16BE"},"shape":[2],"value":[258,3]}"#)
        #expect(try file.change(.modifyAttribute, "/", "name=a", "9").text.contains(#""value":[9,9]"#))
        for json in ["[1,2,3]", "32768", "\"a\""] {
            #expect(throws: ServiceError.self) { try file.change(.modifyAttribute, "/", "name=a", json) }
        }
        let error = #expect(throws: ServiceError.self) { try file.change(.modifyAttribute, "/", "name=b", "1") }
        #expect(error?.code == .notFound)
    }

    @Test func removeAttribute_LeavesNone() throws {
        try file.change(.putAttribute, "/", "name=a", "1")
        #expect(try file.change(.removeAttribute, "/", "name=a").head.status == 204)
        #expect(try file.text(.getAttributes, "/") == "{}")
        let error = #expect(throws: ServiceError.self) { try file.change(.removeAttribute, "/", "name=a") }
        #expect(error?.code == .notFound)
    }
}

@Suite(.leavesNothingOpen) struct FileCreationTests {
    private func creation(_ json: String?) throws -> FileCreation {
        let body: RequestBody = json.map { .json(BodyBytes(Array($0.utf8))) } ?? .none
        let request = WorkerRequest(operation: .createFile, file: [], object: .root)
        return try NativeDialect.fileCreation(request, body)
    }

    @Test func body_OfANewFile_SaysHowItIsMade() throws {
        #expect(try creation(nil) == FileCreation())
        #expect(try creation("{}") == FileCreation())
        let body = #"{"userBlockSize":1024,"libver":["earliest","v108"],"trackOrder":true}"#
        let expected = FileCreation(userBlockSize: 1024, libver: (.earliest, .v18), tracksCreationOrder: true)
        #expect(try creation(body) == expected)
    }

    @Test(arguments: [
        #"{"userBlockSize":100}"#, #"{"userBlockSize":768}"#, #"{"userBlockSize":-512}"#, #"{"libver":"latest"}"#,
        #"{"libver":["v110","earliest"]}"#, #"{"libver":["v110"]}"#, #"{"libver":["v112","v114"]}"#, #"{"mode":"w"}"#,
        "[]",
        #"{"libver":["earliest",1,"v110"]}"#, #"{"libver":["earliest","earliest"]}"#,
    ])
    func body_OfANewFile_IsRefusedWhereItSaysNothing(json: String) {
        let error = #expect(throws: ServiceError.self) { try creation(json) }
        #expect(error?.code == .invalid)
    }
}
