import HTTPMessage
import Testing

@Suite struct FieldsTests {
    @Test(
        arguments: [
            (nil, "application/json"), ("*/*", "application/json"),
            ("application/octet-stream", "application/octet-stream"),
            ("text/html", nil), ("text/html, */*;q=0.1", "application/json"), ("application/*", "application/json"),
            ("application/json;q=0.5, application/octet-stream", "application/octet-stream"),
            ("application/json;q=0", nil), ("APPLICATION/JSON", "application/json"), ("", "application/json"),
            ("*/*, application/json;q=0", "application/octet-stream"),
        ] as [(String?, String?)])
    func choose_Accept_HonoursQuality(accept: String?, expected: String?) {
        #expect(Negotiation.choose(["application/json", "application/octet-stream"], accept: accept) == expected)
    }

    @Test(arguments: [("gzip", true), ("br, gzip;q=0.5", true), ("gzip;q=0", false), ("br", false), ("*", true)])
    func accepts_Coding_OnlyWhereNamed(field: String, expected: Bool) {
        #expect(Negotiation.accepts(coding: "gzip", acceptEncoding: field) == expected)
    }

    @Test(
        arguments: [
            ("bytes=0-9", .part(0..<10)), ("bytes=90-", .part(90..<100)), ("bytes=-5", .part(95..<100)),
            ("bytes=95-200", .part(95..<100)), ("bytes=100-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=5-3", .whole), ("bytes=0-1,5-6", .whole), ("lines=1-2", .whole), ("bytes=a-b", .whole),
            ("bytes=-200", .part(0..<100)), ("bytes=-", .whole), ("bytes=99999999999999999999-", .unsatisfiable),
        ] as [(String, ByteRange.Outcome)])
    func range_OfHundredBytes_IsRFC9110s(field: String, expected: ByteRange.Outcome) {
        #expect(ByteRange.parse(field, length: 100) == expected)
    }

    @Test(arguments: [
        ("\"a\"", false, true), ("W/\"a\"", false, true), ("W/\"a\"", true, false), ("\"b\", \"a\"", true, true),
        ("*", true, true), ("\"b\"", false, false), ("a", false, false),
    ])
    func entityTag_Matches_ByComparison(list: String, strongly: Bool, expected: Bool) {
        #expect(EntityTag("a").matches(list: list, strongly: strongly) == expected)
    }

    @Test(
        arguments: [
            ("wait=5", 5), ("respond-async, wait=10", 10), ("wait=0", 0), ("wait=-1", nil), ("wait", nil), (nil, nil),
            ("WAIT=\"3\"", 3),
        ] as [(String?, Int?)])
    func prefer_Wait_IsSeconds(field: String?, expected: Int?) {
        #expect(Prefer.waitSeconds(field) == expected)
    }

    @Test func json_Strings_AreEscaped() {
        var json = JSONWriter()
        json.object { json in
            json.key("a\"b")
            json.string("\\\n\u{1}\u{E9}/")
            json.key("n")
            json.array { json in
                json.integer(1)
                json.null()
                json.object { _ in }
            }
        }
        let expected = #"{"a\"b":"\\\n\u0001"# + "\u{E9}" + #"/","n":[1,null,{}]}"#
        #expect(String(decoding: json.bytes, as: UTF8.self) == expected)
    }
}
