import H5Model
import Testing

@Suite struct FloatFormatTests {
    private func format(exponent: Int, bias: Int, mantissa: Int) -> FloatFormat {
        FloatFormat(
            precision: 1 + exponent + mantissa, offset: 0, sign: exponent + mantissa, exponent: mantissa,
            exponentSize: exponent, exponentBias: bias, mantissa: 0, mantissaSize: mantissa, normalization: .implied)
    }

    @Test(arguments: [(8, 127, 7), (3, 3, 12), (11, 1023, 52), (5, 15, 2)])
    func packed_WhereADoubleHoldsAllNumbers_IsOne(exponent: Int, bias: Int, mantissa: Int) {
        let type = Datatype.float(
            .init(size: 8, order: .big, format: format(exponent: exponent, bias: bias, mantissa: mantissa)))
        #expect(type.packed() == .float(.init(size: 8, order: .big)))
        #expect(type.packed(order: .little) == .float(.init(size: 8)))
    }

    @Test(arguments: [(11, 1024, 52), (11, 1023, 53), (15, 16_383, 63), (12, 2047, 20)])
    func packed_OfOthers_IsTheLongDouble(exponent: Int, bias: Int, mantissa: Int) {
        let type = Datatype.float(
            .init(size: 16, format: format(exponent: exponent, bias: bias, mantissa: mantissa)))
        #expect(type.packed(order: .big) == .float(.extended))
    }

    @Test func unsupportedReason_OfAQuadruple_IsToldInBits() {
        let quadruple = Datatype.Float(size: 16, format: format(exponent: 15, bias: 16_383, mantissa: 112))
        #expect(
            Datatype.float(quadruple).unsupportedReason == "16-byte floats with 112 bits of mantissa and 15 of exponent"
        )
        #expect(Datatype.float(.init(size: 16)).unsupportedReason == "16-byte floats")
    }

    @Test func packed_OfTheLongDouble_IsItself() {
        #expect(Datatype.float(.extended).packed(order: .big) == .float(.extended))
        #expect(throws: ServiceError.self) { try Datatype.float(.extended).checkStorable() }
    }
}
