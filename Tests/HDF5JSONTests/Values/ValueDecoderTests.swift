import H5Model
import HTTPMessage
import Testing

@testable import HDF5JSON

/// What a JSON text is as a value of a datatype.
func decoded(
    _ text: some Sequence<UInt8>, _ type: Datatype?, rank: Int? = nil, takesColumn: Bool = false
) throws(ServiceError) -> Value {
    try Array(text).withUnsafeBufferPointer { bytes throws(ServiceError) in
        let source = JSONSource(text: UnsafeRawBufferPointer(bytes))
        let type = if let type { type } else { try ValueInference.datatype(of: source) }
        return try ValueDecoder(type, takesColumn: takesColumn).decode(source, rank: rank)
    }
}

struct ValueDecoderTests {
    private static let int16 = Datatype.integer(.init(size: 2, isSigned: true))
    private static let double = Datatype.float(.init(size: 8))
    private static let complex = Datatype.complex(of: .init(size: 4))
    private static let color = Datatype.enumeration(
        .init(size: 2, isSigned: true, order: .big),
        members: [.init(name: "RED", value: -2), .init(name: "BLUE", value: 258)])
    private static let point = Datatype.compound(["x": int16, "y": .boolean])
    private static let row = Datatype.compound(["p": point, "s": .text, "c": complex])
    private static let named = Datatype.compound(["s": .string(.init(length: 3)), "n": int16])

    @Test(
        arguments: [
            ("7", [], [7, 0]), ("[]", [0], []), ("[[],[]]", [2, 0], []), ("[ 1 , -2 ]", [2], [1, 0, 254, 255]),
            ("[[1],[2]]", [2, 1], [1, 0, 2, 0]), ("[[[1,2]]]", [1, 1, 2], [1, 0, 2, 0]),
            ("[1.0,2e0]", [2], [1, 0, 2, 0]),
        ] as [(String, Shape, [UInt8])])
    func lists_OfNumbers_HaveTheirShape(text: String, shape: Shape, bytes: [UInt8]) throws {
        #expect(try decoded(text.utf8, Self.int16) == Value(datatype: Self.int16, shape: shape, bytes: bytes))
    }

    @Test func lists_OfManyNumbers_AreReadInRuns() throws {
        let numbers = (0..<20_000).map { Int16(truncatingIfNeeded: $0 * 7) }
        let rows = stride(from: 0, to: 20_000, by: 10_000).map {
            "[" + numbers[$0..<$0 + 10_000].map(String.init).joined(separator: ", ") + "]"
        }
        let value = try decoded("[\(rows.joined(separator: ","))]".utf8, Self.int16)
        #expect(value.shape == [2, 10_000])
        #expect(value.bytes == numbers.withUnsafeBytes(Array.init))
    }

    @Test(
        arguments: [
            (color, "[-2,\"BLUE\",\"RED\",7]", [255, 254, 1, 2, 255, 254, 0, 7]),
            (.boolean, "[true,0,1,false]", [1, 0, 1, 0]),
            (
                .string(.init(length: 3)), #"["ab","abc","",{"base64":"/wA="}]"#,
                Array("ab\0abc\0\0\0".utf8) + [255, 0, 0]
            ),
            (.string(.init(length: 3, padding: .nullTerminated)), #""ab""#, Array("ab\0".utf8)),
            (
                .string(.init(length: 4, characterSet: .utf8, padding: .spacePadded)), "\"\u{E9}\"",
                Array("\u{E9}  ".utf8)
            ),
            (.text, "[\"\",\"h\u{E9}\"]", [0, 0, 0, 0, 3, 0, 0, 0, 0x68, 0xC3, 0xA9]),
            (.text, #"{"base64":"/0E="}"#, [2, 0, 0, 0, 0xFF, 0x41]),
            (complex, "[1,-0.5]", [0, 0, 128, 63, 0, 0, 0, 191]),
            (complex, "[[1,-0.5]]", [0, 0, 128, 63, 0, 0, 0, 191]),
            (point, #"{"y":true,"x":3}"#, [3, 0, 1]), (point, "[3,1]", [3, 0, 1]),
            (point, #"[{"x":3,"y":1}]"#, [3, 0, 1]),
            (row, #"{"p":{"x":1,"y":0},"s":"a","c":[1,2]}"#, [1, 0, 0, 1, 0, 0, 0, 97, 0, 0, 128, 63, 0, 0, 0, 64]),
            (row, #"[[[1,0],"a",[1,2]]]"#, [1, 0, 0, 1, 0, 0, 0, 97, 0, 0, 128, 63, 0, 0, 0, 64]),
            (row, #"[[{"x":1,"y":0},"a",[1,2]]]"#, [1, 0, 0, 1, 0, 0, 0, 97, 0, 0, 128, 63, 0, 0, 0, 64]),
            (row, #"{"c":[1,2],"s":"a","p":[1,false]}"#, [1, 0, 0, 1, 0, 0, 0, 97, 0, 0, 128, 63, 0, 0, 0, 64]),
            (named, #"[[{"base64":"YWI="},1]]"#, [97, 98, 0, 1, 0]),
        ] as [(Datatype, String, [UInt8])])
    func elements_OfEachDatatype_AreStoredAsTheyTravel(type: Datatype, text: String, bytes: [UInt8]) throws {
        #expect(try decoded(text.utf8, type).bytes == bytes)
    }

    @Test(
        arguments: [
            ("1", nil, []), ("[1,2]", 1, [2]), ("[1,2]", nil, [2]), ("[[1],[2]]", 1, [2]), ("[[1],[2]]", 2, [2, 1]),
            (#"[{"x":1},{"x":2}]"#, 1, [2]), (#"{"x":1}"#, 0, []), ("[1]", 0, []),
        ] as [(String, Int?, Shape)])
    func column_OfOneField_MayComeBare(text: String, rank: Int?, shape: Shape) throws {
        let type = Datatype.compound(["x": Self.int16])
        #expect(try decoded(text.utf8, type, rank: rank, takesColumn: true).shape == shape)
    }

    @Test(
        arguments: [
            ("int8", "[1,128]", "128 is out of the range of int8 at byte 3 of the body"),
            ("uint8", "-1", "-1 is out of the range of uint8 at byte 0 of the body"),
            ("<i8", "9223372036854775808", "9223372036854775808 is out of the range of int64 at byte 0 of the body"),
            (
                "<u8", "[18446744073709551616]",
                "18446744073709551616 is out of the range of uint64 at byte 1 of the body"
            ),
            ("<i4", "[1,\n 1.5]", "1.5 is no integer for int32 at byte 5 of the body"),
            ("<i4", "[1,null]", "expected a number for int32, found \"n\" at byte 3 of the body"),
            ("<i4", "\"1\"", "expected a number for int32, found \"\"\" at byte 0 of the body"),
            ("<i4", "true", "expected a number for int32, found \"t\" at byte 0 of the body"),
            ("<i4", "[1,2,03]", "expected \",\" or \"]\", found \"3\" at byte 6 of the body"),
            ("<i4", "[1,2.]", "expected a digit, found \"]\" at byte 5 of the body"),
            ("<i4", "[1,2,]", "expected a value, found \"]\" at byte 5 of the body"),
            (
                "<i4", "[[1,2],[3]]",
                "a list of 1 where those before have 2, which makes no array, at byte 7 of the body"
            ),
            ("<i4", "[[1],2]", "expected a list as at first, found \"2\" at byte 5 of the body"),
            ("<i4", "[1,[2]]", "expected a number for int32, found \"[\" at byte 3 of the body"),
            ("<i4", "1 2", "expected the end, found \"2\" at byte 2 of the body"),
            ("<i4", "", "expected a value, found the end at byte 0 of the body"),
            ("<f2", "65520", "65520 is out of the range of float16 at byte 0 of the body"),
            ("<f4", "1e39", "1e39 is out of the range of float32 at byte 0 of the body"),
            ("<f8", "[0,-1e309]", "-1e309 is out of the range of float64 at byte 3 of the body"),
            (
                "<f8", "\"nan\"",
                "\"nan\" is no number; only \"NaN\", \"Infinity\" and \"-Infinity\" are strings at byte 0 of the body"
            ),
            ("<f8", "NaN", "expected a value, found \"N\" at byte 0 of the body"),
            ("<c8", "[1,2,3]", "a complex number [re, im] has 2 parts, not 3, at byte 0 of the body"),
            ("<c8", "1", "expected a complex number [re, im], found \"1\" at byte 0 of the body"),
            ("?", "2", "a boolean is true, false, 0 or 1, not another number, at byte 0 of the body"),
            ("?", "\"true\"", "expected true, false, 0 or 1, found \"\"\" at byte 0 of the body"),
            ("S2", "[\"abc\"]", "a string of 3 bytes does not fit the datatype's 2, at byte 1 of the body"),
            (
                "S2", "\"\u{E9}\"",
                "text beyond ASCII, to which the datatype's character set is limited, at byte 0 of the body"
            ),
            ("S2", "12", "expected a string, found \"1\" at byte 0 of the body"),
            ("str", #""a\u0000b""#, "a NUL inside a string, which would end it there, at byte 0 of the body"),
            ("str", #"{"base64":"AA=="}"#, "a NUL inside a string, which would end it there, at byte 0 of the body"),
            ("str", #"{"base64":"A"}"#, "no base64 at byte 0 of the body"),
            (
                "str", #"{"text":"A"}"#,
                "a string as an object is {\"base64\": \"...\"}, and not this at byte 0 of the body"
            ),
            ("str", "[\"a\",null]", "expected a string, found \"n\" at byte 5 of the body"),
        ])
    func elements_ThatTheDatatypeHasNot_AreRefusedWithThePlace(type: String, text: String, message: String) throws {
        let type = try Datatype(numPy: type)
        let error = #expect(throws: ServiceError.self) { try decoded(text.utf8, type) }
        #expect(error == ServiceError(.invalid, message))
    }

    @Test(
        arguments: [
            (color, "\"PINK\"", "\"PINK\" is no member of the enumeration, which has RED, BLUE, at byte 0 of the body"),
            (color, "32768", "32768 is out of the range of int16 at byte 0 of the body"),
            (point, #"{"x":1}"#, "the field \"y\" is missing in the row at byte 0 of the body"),
            (point, #"{"x":1,"y":0,"z":2}"#, "unknown field \"z\", where the fields are x, y, at byte 17 of the body"),
            (point, #"{"x":1,"x":0}"#, "the name \"x\" stands twice at byte 7 of the body"),
            (point, "[1]", "a row has 2 fields, not 1 as the one at byte 0 of the body"),
            (point, "[[1,0],[1,0,2]]", "a row has 2 fields, and there is one more at byte 12 of the body"),
            (point, "1", "expected a row, which is an object or a list of fields, found \"1\" at byte 0 of the body"),
            (
                .string(.init(length: 2, padding: .nullTerminated)), "\"ab\"",
                "a string of 2 bytes does not fit the datatype's 1, at byte 0 of the body"
            ),
            (
                .variableString(.ascii, .nullTerminated), "\"\u{E9}\"",
                "text beyond ASCII, to which the datatype's character set is limited, at byte 0 of the body"
            ),
        ] as [(Datatype, String, String)])
    func elements_OutsideTheirDatatype_AreRefusedWithThePlace(type: Datatype, text: String, message: String) {
        let error = #expect(throws: ServiceError.self) { try decoded(text.utf8, type) }
        #expect(error == ServiceError(.invalid, message))
    }

    @Test func lists_BeyondHDF5sDimensions_AreRefused() {
        let text = { String(repeating: "[", count: $0) + "1" + String(repeating: "]", count: $0) }
        #expect(throws: Never.self) { try decoded(text(32).utf8, Self.int16) }
        #expect(throws: ServiceError.self) { try decoded(text(33).utf8, Self.int16) }
    }

    @Test func text_AtRandom_IsReadOrRefused() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("[[[]]]{}\":,,\\0123-.exyspc true\u{E9}".utf8) + [0xFF, 0x00]
        let types = [Self.int16, Self.double, Self.complex, Self.color, Self.point, Self.row, .text, .boolean, nil]
        for index in 0..<20_000 {
            let count = Int.random(in: 0..<20, using: &random)
            let text = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            _ = try? decoded(text, types[index % types.count], rank: index % 4, takesColumn: index % 2 == 0)
        }
    }
}
