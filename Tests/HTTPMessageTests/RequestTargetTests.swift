import HTTPMessage
import Testing

@Suite struct RequestTargetTests {
    private func segments(_ raw: String) throws -> [String] {
        try RequestTarget(parsing: raw.utf8).segments.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("/v1/files/", ["v1", "files"]), ("//a///b", ["a", "b"]), ("/a%2Fb", ["a", "b"]), ("/a+b%20c", ["a+b c"]),
        ("/", []), ("/a?x=/b", ["a"]), ("/%C3%A9", ["\u{E9}"]), ("/...", ["..."]),
        ("http://host:80/a/b?c", ["a", "b"]), ("https://host", []), ("http://host?x", []),
    ])
    func parsing_Path_GivesDecodedSegments(raw: String, expected: [String]) throws {
        #expect(try segments(raw) == expected)
    }

    @Test(arguments: [
        ("a", TargetError.notAbsolute), ("/%", .brokenEscape), ("/%4", .brokenEscape), ("/%zz", .brokenEscape),
        ("/a%00b", .nulByte), ("/a/../b", .dotSegment), ("/a/%2e%2E/b", .dotSegment), ("/./a", .dotSegment),
        ("/a%2F..%2Fb", .dotSegment), ("/a?x=%00", .nulByte), ("/a?x=%", .brokenEscape),
    ])
    func parsing_BadTarget_IsRefused(raw: String, expected: TargetError) {
        #expect(throws: expected) { try RequestTarget(parsing: raw.utf8) }
    }

    @Test func query_PlusAndEscapes_AreDecoded() throws {
        let query = try RequestTarget(parsing: "/?a=1+2&b=%2B&c&path=/x/..&a=3".utf8).query
        #expect(query.text("a") == "1 2")
        #expect(query.text("b") == "+")
        #expect(query.first("c") == [])
        #expect(query.text("path") == "/x/..")
        #expect(query.all("a").count == 2)
    }

    @Test func trailingSlash_OfRoot_IsNone() throws {
        #expect(try RequestTarget(parsing: "/".utf8).hasTrailingSlash == false)
        #expect(try RequestTarget(parsing: "/v1/files/run7/".utf8).hasTrailingSlash)
    }

    @Test func encode_EveryByte_DecodesToItself() throws {
        let bytes = Array(UInt8(1)...255).filter { $0 != UInt8(ascii: "/") }
        let target = try RequestTarget(parsing: Array("/\(PercentCoding.encode(bytes))".utf8))
        #expect(target.segments == [bytes])
    }
}
