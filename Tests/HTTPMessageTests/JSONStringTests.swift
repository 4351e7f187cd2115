import HTTPMessage
import Testing

@Suite struct JSONStringTests {
    private func json(_ text: String) -> String {
        var bytes: [UInt8] = []
        Array(text.utf8).withUnsafeBufferPointer { JSONString.append($0, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        arguments: [
            ("\"", #"\""#), ("\\", #"\\"#), ("\n", #"\n"#), ("\r", #"\r"#), ("\t", #"\t"#), ("\0", #"\u0000"#),
            ("\u{1F}", #"\u001f"#), ("\u{7F}", #"\u007f"#), ("/", "/"), (" ", " "), ("\u{E9}", "\u{E9}"),
            ("\u{10FFFF}", "\u{10FFFF}"), ("!", "!"), ("#", "#"), ("[", "["), ("]", "]"), ("~", "~"),
        ], 0..<20)
    func character_AtAnyPlace_IsEscapedOnlyWhereItMust(pair: (String, String), place: Int) {
        let text = String(repeating: "a", count: place)
        let rest = String(repeating: "\u{E9}b", count: 10)
        #expect(json(text + pair.0 + rest) == "\"" + text + pair.1 + rest + "\"")
    }
}
