import H5Model
import Testing

@testable import HDF5JSON

struct NumberTextTests {
    private func text(_ type: Datatype, _ bytes: [UInt8], options: ValueOptions = ValueOptions()) throws -> String {
        let count = bytes.count / type.size
        let value = Value(datatype: type, shape: [count], bytes: bytes)
        return String(decoding: try ValueJSON.text(value, options: options), as: UTF8.self)
    }

    private func bytes<Number: BitwiseCopyable>(_ numbers: [Number]) -> [UInt8] {
        numbers.withUnsafeBytes(Array.init)
    }

    @Test func doubles_Always_ReadAsFloats() throws {
        let numbers: [Double] = [
            1.0, -0.0, 0.1, 1e20, 100000.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 9007199254740992.0, 1e22,
        ]
        let expected =
            "[1.0,-0.0,0.1,1e+20,100000.0,5e-324,1.7976931348623157e+308,9007199254740992.0,1e+22]"
        #expect(try text(.float(.init(size: 8)), bytes(numbers)) == expected)
    }

    @Test func floats_OfEveryMagnitude_RoundTripInTheirOwnPrecision() throws {
        let numbers = stride(from: UInt32(0), to: 0x7F80_0000, by: 65_537).map(Float.init(bitPattern:))
        let read = try text(.float(.init(size: 4)), bytes(numbers)).dropFirst().dropLast().split(separator: ",")
        #expect(read.map { Float($0) } == numbers)
        #expect(read.contains("0.1") == false && read.allSatisfy { $0.contains(".") || $0.contains("e") })
    }

    @Test func doubles_OfEveryMagnitude_RoundTrip() throws {
        let numbers = stride(from: UInt64(0), to: 0x7FF0_0000_0000_0000, by: 1_234_567_890_123_457)
            .map(Double.init(bitPattern:))
        let read = try text(.float(.init(size: 8)), bytes(numbers)).dropFirst().dropLast().split(separator: ",")
        #expect(read.map { Double($0) } == numbers)
    }

    @Test(
        arguments: [
            (0x3555, "0.3333"), (0x3C00, "1.0"), (0x7BFF, "65500.0"), (0x0001, "6e-08"), (0x8000, "-0.0"),
            (0x2E66, "0.1"), (0x0400, "6.104e-05"), (0xC248, "-3.14"), (0x6400, "1024.0"), (0x7E00, #""NaN""#),
            (0xFC00, #""-Infinity""#),
        ] as [(UInt16, String)])
    func half_Shortest_ReadsBackInItsOwnPrecision(bits: UInt16, expected: String) throws {
        #expect(try text(.float(.init(size: 2)), bytes([bits])) == "[\(expected)]")
        #expect(try text(.float(.init(size: 2, order: .big)), bytes([bits.byteSwapped])) == "[\(expected)]")
    }

    @Test func integers_AtTheirLimits_AreExact() throws {
        #expect(
            try text(.integer(.init(size: 8, isSigned: true)), bytes([Int64.min, Int64.max]))
                == "[-9223372036854775808,9223372036854775807]")
        #expect(try text(.integer(.init(size: 8, isSigned: false)), bytes([UInt64.max])) == "[18446744073709551615]")
        #expect(try text(.integer(.init(size: 1, isSigned: true)), [128, 127]) == "[-128,127]")
        #expect(try text(.integer(.init(size: 2, isSigned: false, order: .big)), [1, 2]) == "[258]")
        #expect(try text(.integer(.init(size: 4, isSigned: true, order: .big)), [255, 255, 255, 254]) == "[-2]")
    }

    @Test func integers_WithStringsForInt64_AreQuotedOnlyAtEightBytes() throws {
        let options = ValueOptions(hasStringsForInt64: true)
        #expect(try text(.integer(.init(size: 8, isSigned: true)), bytes([Int64(-5)]), options: options) == #"["-5"]"#)
        #expect(try text(.integer(.init(size: 4, isSigned: true)), bytes([Int32(-5)]), options: options) == "[-5]")
    }

    @Test(
        arguments: [
            (.string, #"["NaN","Infinity","-Infinity",1.5]"#), (.null, "[null,null,null,1.5]"),
            (.literal, "[NaN,Infinity,-Infinity,1.5]"),
        ] as [(ValueOptions.NotANumber, String)])
    func notANumber_ByOption_IsWritten(style: ValueOptions.NotANumber, expected: String) throws {
        let numbers = [Double.nan, .infinity, -.infinity, 1.5]
        #expect(
            try text(.float(.init(size: 8)), bytes(numbers), options: ValueOptions(notANumber: style)) == expected)
    }

    @Test func numbers_MoreThanAPage_AreAllWritten() throws {
        let numbers = Array(Int32(0)..<5000)
        let expected = "[" + numbers.map(String.init).joined(separator: ",") + "]"
        #expect(try text(.integer(.init(size: 4, isSigned: true)), bytes(numbers)) == expected)
    }
}
