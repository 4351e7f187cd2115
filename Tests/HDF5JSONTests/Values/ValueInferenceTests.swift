import H5Model
import HTTPMessage
import Testing

@testable import HDF5JSON

struct ValueInferenceTests {
    private static let int64 = Datatype.integer(.init(size: 8, isSigned: true))
    private static let uint64 = Datatype.integer(.init(size: 8, isSigned: false))
    private static let double = Datatype.float(.init(size: 8))

    @Test(
        arguments: [
            ("1", int64), ("[-9223372036854775808,9223372036854775807]", int64), ("[1,9223372036854775808]", uint64),
            ("18446744073709551615", uint64), ("1.0", double), ("[1,2.5]", double), ("1e3", double), ("[]", double),
            ("[1,null]", double), (#"[1.5,"NaN","-Infinity"]"#, double), (#"["NaN",null]"#, double),
            ("true", .boolean), ("[[true],[false]]", .boolean), (#""a""#, .text), (#"["NaN","a"]"#, .text),
            (#""NaN""#, .text), (#"["a",{"base64":"/w=="}]"#, .text),
        ] as [(String, Datatype)])
    func datatype_OfAValue_IsAsH5pyMakesIt(text: String, expected: Datatype) throws {
        #expect(try decoded(text.utf8, nil).datatype == expected)
    }

    @Test(
        arguments: [
            (#"[1,"a"]"#, "values of several kinds, which no one datatype holds, at byte 0 of the body"),
            ("[1,true]", "values of several kinds, which no one datatype holds, at byte 0 of the body"),
            (#"["a",null]"#, "values of several kinds, which no one datatype holds, at byte 0 of the body"),
            ("null", "nothing but null, which says no datatype, at byte 0 of the body"),
            (
                "[-1,9223372036854775808]",
                "integers that neither int64 nor uint64 holds together, at byte 0 of the body"
            ),
            (
                "[0,18446744073709551616]",
                "18446744073709551616 is out of the range of all integers at byte 3 of the body"
            ),
            (
                "[0,-9223372036854775809]",
                "-9223372036854775809 is out of the range of all integers at byte 3 of the body"
            ),
            (#"[{"x":1}]"#, "rows of a compound, which need a \"datatype\", at byte 1 of the body"),
            ("[1,2", "expected \",\" or \"]\", found the end at byte 4 of the body"),
            ("1 2", "expected the end, found \"2\" at byte 2 of the body"),
        ])
    func value_OfNoOneDatatype_IsRefusedInWords(text: String, message: String) {
        let error = #expect(throws: ServiceError.self) { try decoded(text.utf8, nil) }
        #expect(error == ServiceError(.invalid, message))
    }
}
