import Testing

@testable import Dialects

struct PythonLiteralTests {
    @Test(
        arguments: [
            ("'a\\'b'", .text("a'b")), ("\"x\\u00e9\\x41\"", .text("x\u{e9}A")), ("u'p'", .text("p")),
            ("(1,)", .tuple([.integer(1)])), ("(1)", .integer(1)), ("()", .tuple([])),
            ("[1, -2,]", .list([.integer(1), .integer(-2)])),
            ("(3L, 4L)", .tuple([.integer(3), .integer(4)])),
            (" { 'a' : True , } ", .dictionary(["a": .boolean(true)])),
            ("{}", .dictionary([:])), ("None", .none), ("False", .boolean(false)),
            (
                "[('a', '<i4', (2, 3))]",
                .list([.tuple([.text("a"), .text("<i4"), .tuple([.integer(2), .integer(3)])])])
            ),
        ] as [(String, PythonLiteral)])
    func literal_AsPythonWritesIt_IsRead(text: String, expected: PythonLiteral) throws {
        #expect(try PythonLiteral(parsing: text.unicodeScalars) == expected)
    }

    @Test(arguments: [
        "", "{", "(1", "(1 2)", "'a", "'a\\", "'\\x4'", "'\\ud800'", "'\\q'", "{1: 2}", "{'a' 1}", "{'a': 1, 'a': 2}",
        "99999999999999999999", "-", "true", "f(1)", "1 1", "[,]", String(repeating: "[", count: 1000),
    ])
    func text_ThatIsNoLiteral_IsMalformed(text: String) {
        #expect(throws: PythonLiteral.Malformed.self) { try PythonLiteral(parsing: text.unicodeScalars) }
    }

    @Test func texts_OfAnyCharacters_NeverTrap() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("{}[]()'\",:\\ux0159LTrueNone <f8-".unicodeScalars)
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? "x"
            }
            _ = try? PythonLiteral(parsing: text)
        }
    }
}
