import HTTPMessage
import Testing

@Suite struct JSONReaderTests {
    private func tree(_ text: some Sequence<UInt8>, depthLimit: Int = 64) throws(JSONError) -> JSONTree {
        let bytes = Array(text)
        return try bytes.withUnsafeBufferPointer { bytes throws(JSONError) in
            var json = JSONReader(UnsafeRawBufferPointer(bytes), depthLimit: depthLimit)
            let tree = try JSONTree(&json)
            try json.end()
            return tree
        }
    }

    private func failure(_ text: some Sequence<UInt8>) -> String? {
        do throws(JSONError) {
            let tree = try tree(text)
            Issue.record("understood as \(tree)")
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        arguments: [
            ("null", .null), (" true\n", .boolean(true)), ("\t\r false", .boolean(false)), ("[]", .list([])),
            ("{ }", .object([])), ("[null , [ ] ]", .list([.null, .list([])])),
            (#""""#, .string([])), (#""a\"\\\/\b\f\n\r\té""#, .string(Array("a\"\\/\u{8}\u{C}\n\r\t\u{E9}".utf8))),
            (#""\u00e9\u20AC\ud83d\ude00\u0000""#, .string(Array("\u{E9}\u{20AC}\u{1F600}\0".utf8))),
            ("\"\u{7F}\u{10FFFF}\u{FFFD}\"", .string(Array("\u{7F}\u{10FFFF}\u{FFFD}".utf8))),
            (
                #"{"b":1,"":2,"a":{"b":3}}"#,
                .object([
                    .init(name: [98], value: .number(.integer(1))), .init(name: [], value: .number(.integer(2))),
                    .init(name: [97], value: .object([.init(name: [98], value: .number(.integer(3)))])),
                ])
            ),
        ] as [(String, JSONTree)])
    func value_OfTheGrammar_IsRead(text: String, expected: JSONTree) throws {
        #expect(try tree(text.utf8) == expected)
    }

    @Test(
        arguments: [
            ("0", .integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .unsigned(1 << 63)),
            ("18446744073709551615", .unsigned(.max)), ("18446744073709551616", .other(text: "18446744073709551616")),
            ("-9223372036854775809", .other(text: "-9223372036854775809")), ("1.0", .other(text: "1.0")),
            ("-0.5e+10", .other(text: "-0.5e+10")), ("1E0", .other(text: "1E0")),
        ] as [(String, JSONNumber)])
    func number_OfTheGrammar_IsExact(text: String, expected: JSONNumber) throws {
        #expect(try tree(text.utf8) == .number(expected))
    }

    @Test(
        arguments: [
            ("", "expected a value, found the end at byte 0"), ("  ", "expected a value, found the end at byte 2"),
            ("[1,]", "expected a value, found \"]\" at byte 3"),
            ("[1 2]", "expected \",\" or \"]\", found \"2\" at byte 3"),
            ("[1", "expected \",\" or \"]\", found the end at byte 2"),
            ("[,1]", "expected a value, found \",\" at byte 1"),
            ("1 1", "expected the end, found \"1\" at byte 2"), ("nul", "expected null, found \"n\" at byte 0"),
            ("True", "expected a value, found \"T\" at byte 0"), ("NaN", "expected a value, found \"N\" at byte 0"),
            ("01", "expected the end, found \"1\" at byte 1"), ("-", "expected a digit, found the end at byte 1"),
            ("+1", "expected a value, found \"+\" at byte 0"), (".5", "expected a value, found \".\" at byte 0"),
            ("1.", "expected a digit, found the end at byte 2"), ("1.e1", "expected a digit, found \"e\" at byte 2"),
            ("1e", "expected a digit, found the end at byte 2"), ("0x10", "expected the end, found \"x\" at byte 1"),
            ("{1:2}", "expected a name, found \"1\" at byte 1"), (#"{"a" 1}"#, "expected \":\", found \"1\" at byte 5"),
            (#"{"a":1,}"#, "expected a name, found \"}\" at byte 7"),
            (#"{"a":1 "b":2}"#, "expected \",\" or \"}\", found \"\"\" at byte 7"),
            ("{'a':1}", "expected a name, found \"'\" at byte 1"), ("[1]]", "expected the end, found \"]\" at byte 3"),
            ("\"a", "expected the end of the string, found the end at byte 2"),
            ("\"a\nb\"", "expected an escape, found the byte 10 at byte 2"),
            (#""\x41""#, "expected an escaped character, found \"x\" at byte 2"),
            (#""\u00g0""#, "expected a hexadecimal digit, found \"g\" at byte 5"),
            (#""\u12"#, "expected a hexadecimal digit, found the end at byte 5"),
            (#""\ud800""#, "an escape that is half of a surrogate pair at byte 1"),
            (#""\ude00\ud83d""#, "an escape that is half of a surrogate pair at byte 1"),
            (#""\ud83d\u0041""#, "an escape that is half of a surrogate pair at byte 1"),
            (#"{"a":1,"b":2,"a":3}"#, "the name \"a\" stands twice at byte 13"),
            (#"{"a":1,"\u0061":3}"#, "the name \"a\" stands twice at byte 7"),
            ("\u{FEFF}[]", "expected a value, found the byte 239 at byte 0"),
        ] as [(String, String)])
    func text_OutsideTheGrammar_IsRefusedWithThePlace(text: String, expected: String) {
        #expect(failure(text.utf8) == expected)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xC3], [0xFF], [0xE2, 0x28, 0xA1],
        ] as [[UInt8]])
    func string_ThatIsNotUTF8_IsRefused(bytes: [UInt8]) {
        let quote = [UInt8(ascii: "\"")]
        let expected = "a byte that is not UTF-8 at byte 9"
        #expect(failure(quote + Array("plain678".utf8) + bytes + quote) == expected)
        #expect(!bytes.withUnsafeBytes(JSONString.isUTF8))
    }

    @Test func nesting_BeyondTheLimit_IsRefused() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try tree(deep.utf8) }
        #expect(failure("[\(deep)]".utf8) == "more than 64 levels of nesting at byte 64")
        #expect(failure(String(repeating: "{\"a\":", count: 65).utf8)?.hasPrefix("more than 64 levels") == true)
    }

    @Test func objects_WithManyMembers_FindTheSecondOfAName() throws {
        let members = (0..<1000).map { #""name \#($0)":{"name \#($0)":0}"# }
        #expect(throws: Never.self) { try tree("{\(members.joined(separator: ","))}".utf8) }
        let twice = (members + [#""name 500":0"#]).joined(separator: ",")
        #expect(failure("{\(twice)}".utf8)?.hasPrefix("the name \"name 500\" stands twice") == true)
    }

    @Test func skippedValues_AreCheckedAndGiveTheirText() throws {
        let bytes = Array(#" {"a": [1, {"b": "\u00e9"}] , "c": 2}"#.utf8)
        try bytes.withUnsafeBytes { bytes in
            var json = JSONReader(bytes, origin: 100)
            try json.beginObject()
            #expect(try json.nextMember())
            let skipped = try json.skip()
            #expect(String(decoding: skipped.text, as: UTF8.self) == #"[1, {"b": "\u00e9"}]"#)
            #expect(skipped.origin == 107)
            #expect(try json.nextMember())
            #expect(json.keyText == "c")
            #expect(json.isKey([99]))
        }
    }

    @Test func bytes_AtRandom_AreReadOrRefused() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("[]{}\":,\\u0123-+.eE \ntrufalsn\u{E9}".utf8) + [0xFF, 0x00, 0xC3]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<24, using: &random)
            let text = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            _ = try? tree(text)
        }
    }

    @Test func validText_CutAnywhere_IsRefused() throws {
        let text = Array(#"{"a":[1.5e-3,"\ud83d\ude00é",true,null,{"b":[]}],"c":-0}"#.utf8)
        _ = try tree(text)
        for end in 0..<text.count {
            #expect(throws: JSONError.self) { try tree(text[..<end]) }
        }
    }
}

@Suite struct Base64Tests {
    @Test func bytes_OfEveryLength_RoundTrip() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: ["A", "AA", "AAA", "A===", "====", "AB==", "AAB=", "AA=A", "AA==AAAA", "AAA\n", "AA-_", "AAAA "])
    func text_ThatIsNoBase64_IsRefused(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }
}
