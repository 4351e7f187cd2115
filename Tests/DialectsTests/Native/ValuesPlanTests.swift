import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import LeakCheck
import Testing

@testable import Dialects

@Suite(.leavesNothingOpen) struct ValuesPlanTests {
    private static let int32 = Datatype.integer(.init(size: 4, isSigned: true, order: .big))
    private static let row = Datatype.compound([
        "a": int32, "v": .variableLength(of: int32), "b": .string(.init(length: 2)),
    ])

    private func plan(
        _ query: String, _ type: Datatype = int32, _ dataspace: Dataspace = .simple([4, 6], maximum: [4, nil])
    ) throws -> ValuesPlan {
        let target = try RequestTarget(parsing: "/v1/values/a.h5/d?\(query)".utf8)
        let request = WorkerRequest(
            operation: .getValues, file: Array("a.h5".utf8), object: ObjectPath("/g/d"), query: target.query)
        return try ValuesPlan(ValuesQuery(request), dataspace: dataspace, datatype: type, chunk: nil)
    }

    @Test(
        arguments: [
            ("select=1,2,3", .invalid, "/g/d: the selection has 3 dimensions, the dataset has 2"),
            ("select=4", .outOfBounds, "/g/d: index 4 is outside dimension 0, whose extent is 4"),
            ("field=a", .invalid, "/g/d is no compound dataset, so that it has no field \"a\""),
            ("format=xls", .notAcceptable, "format=xls is none of json, octet-stream, npy, csv, png"),
            ("order=up", .invalid, "order=up is none of little, big"),
        ] as [(String, ErrorCode, String)])
    func query_ThatBreaksARule_IsRefusedInWords(query: String, code: ErrorCode, message: String) {
        #expect(throws: ServiceError(code, message)) { try plan(query) }
    }

    @Test func fields_OfACompound_AreChosenInOrder() throws {
        let chosen = try plan("field=b&field=a&order=little", Self.row).datatype
        let little = Datatype.integer(.init(size: 4, isSigned: true))
        #expect(chosen == .compound(["b": .string(.init(length: 2)), "a": little]))
        #expect(throws: ServiceError(.notFound, "/g/d: no field \"z\"; the fields are a, v, b")) {
            try plan("field=z", Self.row)
        }
    }

    @Test func datatype_WhoseValuesAreNotServed_IsRefused() {
        let message = "/g/d has 4-byte H5T_TIME, whose values are not served"
        #expect(throws: ServiceError(.unsupported, message)) {
            try plan("", .variableLength(of: .other(className: "H5T_TIME", size: 4)))
        }
    }

    @Test func nullDataspace_WithASelection_IsInvalid() throws {
        #expect(try plan("", Self.int32, .null).count == 0)
        let message = "/g/d has a null dataspace, of which nothing can be selected"
        #expect(throws: ServiceError(.invalid, message)) { try plan("select=0", Self.int32, .null) }
    }

    @Test func shape_WithTooManyEmptyLists_IsTooLarge() {
        let dataspace = Dataspace.simple([1 << 30, 0], maximum: [1 << 30, nil])
        let error = #expect(throws: ServiceError.self) { try plan("", Self.int32, dataspace) }
        #expect(error?.code == .tooLarge)
    }

    @Test func answer_AsOctetStream_HasShapeDatatypeAndLength() throws {
        let answer = try plan("select=:2,::3&format=octet-stream").answer(.complete([]))
        #expect(answer.contentLength == 2 * 2 * 4)
        #expect(answer.head.fields[.hdf5Shape] == "2,2")
        #expect(answer.head.fields[.hdf5Datatype] == ">i4")
        #expect(answer.head.fields[.contentType] == "application/octet-stream")
    }
}
