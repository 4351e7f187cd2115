import H5Model
import HTTPMessage
import HTTPTypes
import LockedH5Client
import Testing

struct WritingTests {
    private let written = FakeTransport("", status: .noContent, fields: [.eTag: "\"8\""])

    @Test func write_SendsElementsInTheirShape() async throws {
        let tag = try await HDF5Client.make(written).write(
            [1, 2.5, .nan, -.infinity, 1e300, -0.0], shape: [3, 2], to: "/a b", in: "f", select: "0:3,::2")
        #expect(tag == EntityTag(field: "\"8\""))
        #expect(written.targets == ["/v1/values/f/a%20b?select=0%3A3%2C%3A%3A2"])
        #expect(written.bodies == [#"[[1.0,2.5],["NaN","-Infinity"],[1e+300,-0.0]]"#])
        let request = try #require(written.requests.first)
        #expect(request.method == .put)
        #expect(request.headerFields[.contentType] == "application/json")
    }

    @Test func write_OfOneElementMayBeAScalar() async throws {
        try await HDF5Client.make(written).write(["\"\u{E9}"], shape: [], to: "/a", in: "f")
        #expect(written.bodies == [#""\"é""#])
    }

    @Test(arguments: [[2, 2], [-1, -3], [Int.max, 2]])
    func write_OfAnotherNumberOfElementsIsNotSent(shape: Shape) async throws {
        let client = try HDF5Client.make(written)
        let error = try await failure { try await client.write([1, 2, 3], shape: shape, to: "/a", in: "f") }
        #expect(error.code == .invalid)
        #expect(written.requests.isEmpty)
    }

    @Test(arguments: [(ByteOrder.little, "&order=little"), (.big, "&order=big")])
    func write_OfAValueSendsItsBytes(order: ByteOrder, end: String) async throws {
        let value = Value(
            datatype: .integer(.init(size: 2, isSigned: true, order: order)), shape: [2],
            bytes: [0x61, 0x62, 0x63, 0x64])
        let options = CallOptions(ifMatch: EntityTag(field: "\"7\""), lockToken: "t1")
        try await HDF5Client.make(written).write(
            value, to: "/a", in: "f", select: "1", fields: ["x"], options: options)
        #expect(written.targets == ["/v1/values/f/a?select=1&field=x" + end])
        #expect(written.bodies == ["abcd"])
        let fields = try #require(written.requests.first).headerFields
        #expect(fields[.contentType] == "application/octet-stream")
        #expect(fields[.ifMatch] == "\"7\"")
        #expect(fields[.lockToken] == "t1")
    }

    @Test func write_OfBothByteOrdersLeavesThemAsTheyAre() async throws {
        let fields: [(HDF5Name, Datatype)] = [
            ("a", .integer(.init(size: 2, isSigned: true))), ("b", .float(.init(size: 4, order: .big))),
        ]
        let value = Value(datatype: .compound(.init(packing: fields)), shape: [], bytes: [1, 2, 3, 4, 5, 6])
        try await HDF5Client.make(written).write(value, to: "/a", in: "f")
        #expect(written.targets == ["/v1/values/f/a"])
    }

    @Test func setAttribute_SaysTheDatatypeOfTheSwiftType() async throws {
        let transport = FakeTransport("", "", "", "")
        let client = try HDF5Client.make(transport)
        try await client.setAttribute("u", of: "/", in: "f", to: UInt16(7))
        try await client.setAttribute("v", of: "/", in: "f", to: [Float(0.5), 2])
        try await client.setAttribute("w", of: "/", in: "f", to: ["a", "b"], shape: [2, 1])
        try await client.setAttribute("x", of: "/", in: "f", to: true)
        let strings = "\u{1}\0\0\0a\u{1}\0\0\0b"
        #expect(transport.bodies == ["\u{7}\0", "\0\0\0?\0\0\0@", strings, "\u{1}"])
        let ends = transport.targets.map { $0.map { String($0.suffix(while: { $0 != "=" })) } }
        #expect(ends == ["", "2", "2%2C1", ""])
        #expect(transport.targets[0]?.contains("name=u&datatype=%7B%22class%22%3A%22H5T_INTEGER%22%2C") == true)
        #expect(transport.targets[1]?.contains("H5T_IEEE_F32LE") == true)
        #expect(transport.targets[3]?.contains("FALSE") == true)
    }

    @Test func setAttribute_SendsTheBytesOfAValue() async throws {
        let value = Value(datatype: .float(.init(size: 4, order: .big)), shape: [1], bytes: [0x61, 0x62, 0x63, 0x64])
        try await HDF5Client.make(written).setAttribute("v", of: "/g", in: "f", value: value)
        #expect(written.bodies == ["abcd"])
        #expect(written.targets.first??.contains("H5T_IEEE_F32BE") == true)
    }

    @Test func removeAttribute_NamesIt() async throws {
        try await HDF5Client.make(written).removeAttribute("a+b", of: "/", in: "f")
        #expect(written.requests.first?.method == .delete)
        #expect(written.targets == ["/v1/attributes/f?name=a%2Bb"])
    }
}

extension BidirectionalCollection {
    /// The elements behind the last that is not wanted.
    fileprivate func suffix(while isWanted: (Element) -> Bool) -> SubSequence {
        var start = endIndex
        while start > startIndex, isWanted(self[index(before: start)]) { start = index(before: start) }
        return self[start...]
    }
}
