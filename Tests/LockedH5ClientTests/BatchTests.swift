import H5Model
import HTTPTypes
import LockedH5Client
import Testing

struct BatchTests {
    @Test func batch_IsOneRequest() async throws {
        let transport = FakeTransport("[]")
        let value = Value(datatype: .integer(.init(size: 2, isSigned: true)), shape: [1], bytes: [1, 0])
        let options = CallOptions(ifMatch: EntityTag(field: "\"7\""))
        try await HDF5Client.make(transport).batch("d/f", options: options) { batch in
            try batch.write(["a\"b"], to: "/s", select: "1:2")
            try batch.write(value, to: "/n", fields: ["x y"])
            batch.removeAttribute("old", of: "/")
        }
        #expect(transport.targets == ["/v1/batch/d/f"])
        #expect(transport.requests.first?.method == .post)
        #expect(transport.requests.first?.headerFields[.ifMatch] == "\"7\"")
        let expected = [
            #"{"method":"PUT","target":"/v1/values/d/f/s?select=1%3A2","#,
            #""headers":{"Content-Type":"application/json"},"body":["a\"b"]},"#,
            #"{"method":"PUT","target":"/v1/values/d/f/n?field=x%20y&order=little","#,
            #""headers":{"Content-Type":"application/octet-stream"},"body":"AQA="},"#,
            #"{"method":"DELETE","target":"/v1/attributes/d/f?name=old"}"#,
        ]
        #expect(transport.bodies == ["[\(expected.joined())]"])
    }

    @Test func batch_OfNothingIsNotSent() async throws {
        let transport = FakeTransport()
        try await HDF5Client.make(transport).batch("f") { _ in }
        #expect(transport.requests.isEmpty)
    }

    @Test func batch_ThatCannotBeCollectedIsNotSent() async throws {
        let transport = FakeTransport()
        let client = try HDF5Client.make(transport)
        let error = try await failure {
            try await client.batch("f") { batch in
                batch.removeAttribute("old", of: "/")
                try batch.write([1, 2], shape: [3], to: "/s")
            }
        }
        #expect(error.code == .invalid)
        #expect(transport.requests.isEmpty)
    }

    @Test func refusal_NamesTheChange() async throws {
        let transport = FakeTransport(#"{"code":"not_found","message":"no object at /s","index":1}"#, status: .notFound)
        let client = try HDF5Client.make(transport)
        let error = try await failure { try await client.batch("f") { $0.removeAttribute("old", of: "/s") } }
        #expect(error.refusal?.index == 1)
        #expect(error.code == .notFound)
    }
}
