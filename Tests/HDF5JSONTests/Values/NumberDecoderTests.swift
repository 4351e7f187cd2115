import H5Model
import HTTPMessage
import Testing

@testable import HDF5JSON

struct NumberDecoderTests {
    /// The bytes that the text of stored numbers reads back to.
    private func roundTrip(_ type: Datatype, _ bytes: [UInt8]) throws -> [UInt8] {
        let value = Value(datatype: type, shape: [bytes.count / type.size], bytes: bytes)
        return try decoded(try ValueJSON.text(value), type).bytes
    }

    private func stored<Bits: FixedWidthInteger>(_ patterns: [Bits], _ order: ByteOrder) -> [UInt8] {
        patterns.map { order == .little ? $0.littleEndian : $0.bigEndian }.withUnsafeBytes(Array.init)
    }

    /// Bit patterns around every power of two, zeros, infinities, subnormal numbers, and some at random.
    private static let doubles: [UInt64] = {
        var random = SystemRandomNumberGenerator()
        var patterns: [UInt64] = [0, 1, 2, 0x000F_FFFF_FFFF_FFFF, 0x7FEF_FFFF_FFFF_FFFF, 0x7FF0_0000_0000_0000]
        for exponent in UInt64(1)..<2047 { patterns += [exponent << 52, exponent << 52 + 1, exponent << 52 - 1] }
        for _ in 0..<10_000 { patterns.append(UInt64.random(in: 0..<0x7FF0_0000_0000_0000, using: &random)) }
        return patterns + patterns.map { $0 | 1 << 63 }
    }()

    @Test(arguments: [ByteOrder.little, .big]) func doubles_OfEveryClass_RoundTrip(order: ByteOrder) throws {
        let bytes = stored(Self.doubles, order)
        #expect(try roundTrip(.float(.init(size: 8, order: order)), bytes) == bytes)
    }

    @Test(arguments: [ByteOrder.little, .big]) func floats_OfEveryClass_RoundTrip(order: ByteOrder) throws {
        let patterns = Self.doubles.map { UInt32(truncatingIfNeeded: $0 >> 32) }
        let bytes = stored(patterns.filter { $0 << 1 <= 0xFF00_0000 }, order)
        #expect(try roundTrip(.float(.init(size: 4, order: order)), bytes) == bytes)
    }

    @Test(arguments: [ByteOrder.little, .big]) func halves_AllOfThem_RoundTrip(order: ByteOrder) throws {
        let bytes = stored((0...UInt16.max).filter { $0 << 1 <= 0xF800 }, order)
        #expect(try roundTrip(.float(.init(size: 2, order: order)), bytes) == bytes)
    }

    @Test(arguments: [2, 4, 8], [ByteOrder.little, .big])
    func nullsAndNaN_OfFloats_AreNaN(size: Int, order: ByteOrder) throws {
        let type = Datatype.float(.init(size: size, order: order))
        let value = try decoded(#"[null,"NaN",1,null]"#.utf8, type)
        #expect(try ValueJSON.text(value) == Array(#"["NaN","NaN",1.0,"NaN"]"#.utf8))
    }

    @Test(
        arguments: [
            (1, true, -128, 127), (2, true, -32768, 32767), (4, true, -2_147_483_648, 2_147_483_647),
            (1, false, 0, 255), (2, false, 0, 65535), (4, false, 0, 4_294_967_295),
        ])
    func integers_AtTheirBounds_AreTakenAndBeyondRefused(size: Int, isSigned: Bool, least: Int, most: Int) throws {
        for order in [ByteOrder.little, .big] {
            let type = Datatype.integer(.init(size: size, isSigned: isSigned, order: order))
            let value = try decoded("[\(least),\(most)]".utf8, type)
            #expect(try ValueJSON.text(value) == Array("[\(least),\(most)]".utf8))
            for text in ["\(least - 1)", "\(most + 1)", "[0,0,\(most + 1)]"] {
                #expect(throws: ServiceError.self) { try decoded(text.utf8, type) }
            }
        }
    }

    @Test func integers_Of64Bits_AreExact() throws {
        let signed = "[-9223372036854775808,-9007199254740993,9007199254740993,9223372036854775807]"
        let unsigned = "[0,9007199254740993,9223372036854775808,18446744073709551615]"
        for order in [ByteOrder.little, .big] {
            let int64 = Datatype.integer(.init(size: 8, isSigned: true, order: order))
            let uint64 = Datatype.integer(.init(size: 8, isSigned: false, order: order))
            #expect(try ValueJSON.text(decoded(signed.utf8, int64)) == Array(signed.utf8))
            #expect(try ValueJSON.text(decoded(unsigned.utf8, uint64)) == Array(unsigned.utf8))
        }
    }

    @Test(
        arguments: [
            ("1.0", "1"), ("-0.0", "0"), ("12.50e1", "125"), ("1e2", "100"), ("0e99999999999999999999", "0"),
            ("0.00001e5", "1"), ("-1000e-3", "-1"), ("9223372036854775807.0", "9223372036854775807"),
            ("9.223372036854775807e18", "9223372036854775807"),
        ])
    func integers_WithFractionOrExponent_AreTakenWhereTheyAreWhole(text: String, expected: String) throws {
        let type = Datatype.integer(.init(size: 8, isSigned: true))
        #expect(try ValueJSON.text(decoded(text.utf8, type)) == Array(expected.utf8))
    }

    @Test(arguments: ["0.1", "1e-1", "9223372036854775807.5", "9.3e18", "1e400", "-1e19", "1e99999999999999999999"])
    func integers_ThatAreNone_AreRefused(text: String) {
        let type = Datatype.integer(.init(size: 8, isSigned: true))
        #expect(throws: ServiceError.self) { try decoded(text.utf8, type) }
    }

    @Test(arguments: [("1e-400", "0.0"), ("-1e-99999999999999999999", "-0.0"), ("0.0000001e-400", "0.0")])
    func floats_TooSmall_AreZero(text: String, expected: String) throws {
        for size in [2, 4, 8] {
            let value = try decoded(text.utf8, .float(.init(size: size)))
            #expect(try ValueJSON.text(value) == Array(expected.utf8))
        }
    }
}
