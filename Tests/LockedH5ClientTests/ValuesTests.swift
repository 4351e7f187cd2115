import H5Model
import HTTPTypes
import LockedH5Client
import Testing

struct ValuesTests {
    @Test func value_HasShapeAndDatatype() async throws {
        let transport = try FakeTransport(values: [1, 0, 2, 0], shape: "2,1", datatype: "<u2")
        let client = try HDF5Client.make(transport)
        let value = try await client.value(of: "/a", in: "f", select: "0:2,5", fields: ["x y"])
        let type = Datatype.integer(.init(size: 2, isSigned: false))
        #expect(value == Value(datatype: type, shape: [2, 1], bytes: [1, 0, 2, 0]))
        #expect(transport.targets == ["/v1/values/f/a?select=0%3A2%2C5&field=x%20y&order=little"])
        #expect(transport.requests.first?.headerFields[.accept] == "application/octet-stream")
    }

    @Test func value_OfANullDataspaceIsNone() async throws {
        let client = try HDF5Client.make(FakeTransport(values: [], shape: "null", datatype: "<f4"))
        #expect(try await client.value(of: "/a", in: "f") == nil)
    }

    @Test func value_OfAnAttributeIsAskedForByName() async throws {
        let transport = try FakeTransport(values: [0xFE], shape: "", datatype: "|i1")
        let client = try HDF5Client.make(transport)
        #expect(try await client.readAttribute("a+b", of: "/", in: "f", as: Int.self) == [-2])
        #expect(transport.targets == ["/v1/attributes/f?name=a%2Bb&order=little"])
    }

    @Test(arguments: [
        ("3", "<u2"), ("2,x", "<u2"), ("-2", "<u2"), ("2", "<q2"), ("2", "{"), ("2", "<f99999999999999"),
        ("4611686018427387904,4", "<u4"), ("9223372036854775807", "<u4"),
    ])
    func value_ThatDoesNotFitItsDescriptionIsAnError(shape: String, datatype: String) async throws {
        let client = try HDF5Client.make(FakeTransport(values: [1, 0, 2, 0], shape: shape, datatype: datatype))
        let error = try await failure { try await client.value(of: "/a", in: "f") }
        guard case .notUnderstood = error.reason else { throw error }
    }

    @Test func value_OfAnotherMediaTypeIsAnError() async throws {
        let client = try HDF5Client.make(FakeTransport("[1]", fields: [.contentType: "application/json"]))
        let error = try await failure { try await client.value(of: "/a", in: "f") }
        guard case .notUnderstood(let message) = error.reason else { throw error }
        #expect(message.contains("it is application/json"))
    }

    @Test func read_OfAValueThatTheTypeCannotHoldIsAnError() async throws {
        let client = try HDF5Client.make(FakeTransport(values: [1, 0, 0, 1], shape: "1", datatype: "<i4"))
        let error = try await failure { try await client.read("/a", in: "f", as: Float.self) }
        #expect(error.code == .invalid)
    }
}
