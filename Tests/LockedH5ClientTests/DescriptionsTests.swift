import Foundation
import H5Model
import HTTPTypes
import LockedH5Client
import Testing

struct DescriptionsTests {
    @Test func dataset_IsDescribed() async throws {
        let body = #"""
            {"shape":[3,4],"maxshape":[null,4],"datatype":{"class":"H5T_FLOAT","base":"H5T_IEEE_F64LE"},"chunks":[1,4],
            "filters":[{"name":"shuffle"},{"name":"deflate","level":4},{"name":"lzf","id":32000,"parameters":[4,261]}],
            "fillvalue":"NaN","layout":"chunked","storageSize":96,"attributeCount":2}
            """#
        let dataset = try await HDF5Client.make(FakeTransport(body)).describeDataset("/a", in: "f")
        #expect(dataset.shape == [3, 4])
        #expect(dataset.maximumShape == [nil, 4])
        #expect(dataset.layout == .chunked)
        #expect(dataset.chunks == [1, 4])
        #expect(dataset.filters.map(\.name) == ["shuffle", "deflate", "lzf"])
        #expect(dataset.filters.map(\.level) == [nil, 4, nil])
        #expect(dataset.filters.last?.parameters == [4, 261])
        #expect(dataset.fillValue == .string("NaN"))
    }

    @Test func attributes_KeepTheirOrderAndNamesOfOneNormalForm() async throws {
        let facts = #""datatype":{"class":"H5T_INTEGER","base":"H5T_STD_I8LE"},"shape":[]"#
        let body = #"""
            {"z":{\#(facts),"value":1}, "e\u0301,:\"}":{\#(facts),"value":[-0.0,1.5,18446744073709551615]},
            "\u00e9,:\"}":{\#(facts),"value":{"b":[true,null]}},"?":{"nameBase64":"/w==",\#(facts),"value":"x"}}
            """#
        let attributes = try await HDF5Client.make(FakeTransport(body)).attributes(of: "/", in: "f")
        let names = [[0x7A], Array("e\u{301},:\"}".utf8), Array("\u{E9},:\"}".utf8), [0xFF]]
        #expect(attributes.map(\.name.bytes) == names)
        #expect(attributes[0].value == .integer(1))
        #expect(attributes[1].value == .array([.number(-0.0), .number(1.5), .unsigned(.max)]))
        #expect(attributes[2].value == .object(["b": .array([.bool(true), .null])]))
        #expect(attributes[3].value == .string("x"))
    }

    @Test func attributes_MayBeNone() async throws {
        #expect(try await HDF5Client.make(FakeTransport("{ }\n")).attributes(of: "/", in: "f").isEmpty)
    }

    @Test(arguments: ["", "[]", "{1}", #"{"a"}"#, #"{"a":1,}"#, #"{"a":{"b":1}"#])
    func attributes_ThatAreNoObjectAreAnError(body: String) async throws {
        let client = try HDF5Client.make(FakeTransport(body))
        let error = try await failure { try await client.attributes(of: "/", in: "f") }
        guard case .notUnderstood = error.reason else { throw error }
    }

    @Test func raw_AsksForItsRange() async throws {
        let transport = FakeTransport("cd", status: .partialContent, fields: [.contentRange: "bytes 2-3/4"])
        #expect(try await HDF5Client.make(transport).raw("f", range: 2..<10) == Array("cd".utf8))
        #expect(transport.requests.first?.headerFields[.range] == "bytes=2-9")
    }

    @Test(arguments: [(206, "bytes 0-1/4"), (206, "bytes 2-4/5"), (206, nil), (200, nil)] as [(Int, String?)])
    func raw_WithAnotherRangeIsAnError(status: Int, range: String?) async throws {
        var fields: HTTPFields = [:]
        fields[.contentRange] = range
        let client = try HDF5Client.make(FakeTransport("cd", status: .init(code: status), fields: fields))
        let error = try await failure { try await client.raw("f", range: 2..<10) }
        guard case .notUnderstood = error.reason else { throw error }
    }

    @Test(arguments: [3..<3, -1..<2])
    func raw_OfNoRangeIsNotSent(range: Range<Int>) async throws {
        let transport = FakeTransport()
        let error = try await failure { try await HDF5Client.make(transport).raw("f", range: range) }
        guard case .notSent = error.reason else { throw error }
        #expect(transport.requests.isEmpty)
    }
}
