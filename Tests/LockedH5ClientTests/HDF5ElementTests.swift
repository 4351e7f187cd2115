import H5Model
import LockedH5Client
import Testing

struct HDF5ElementTests {
    private func value(_ datatype: Datatype, _ bytes: [UInt8]) -> Value {
        Value(datatype: datatype, shape: [bytes.count / datatype.size], bytes: bytes)
    }

    private func integer(_ size: Int, signed: Bool = true, _ order: ByteOrder = .little) -> Datatype {
        .integer(.init(size: size, isSigned: signed, order: order))
    }

    @Test func integers_AreReadInEitherByteOrder() throws {
        #expect(try value(integer(2), [0xFE, 0xFF, 1, 0]).elements(as: Int16.self) == [-2, 1])
        #expect(try value(integer(2, .big), [0xFF, 0xFE, 0, 1]).elements(as: Int.self) == [-2, 1])
        #expect(try value(integer(1, signed: false), [255]).elements(as: Int16.self) == [255])
        #expect(try value(integer(4), [0, 0, 0, 0x80]).elements(as: Double.self) == [-2_147_483_648])
    }

    @Test func integers_ThatMayNotFitAreRefused() {
        #expect(throws: HDF5ClientError.self) { try value(integer(2), [1, 0]).elements(as: Int8.self) }
        #expect(throws: HDF5ClientError.self) { try value(integer(2), [1, 0]).elements(as: UInt64.self) }
        #expect(throws: HDF5ClientError.self) {
            try value(integer(8, signed: false), [1, 0, 0, 0, 0, 0, 0, 0]).elements(as: Int64.self)
        }
        #expect(throws: HDF5ClientError.self) {
            try value(integer(8), [1, 0, 0, 0, 0, 0, 0, 0]).elements(as: Double.self)
        }
    }

    @Test func floats_AreWidened() throws {
        #expect(try value(.float(.init(size: 2)), [0, 0x3E]).elements(as: Double.self) == [1.5])
        #expect(try value(.float(.init(size: 4)), [0, 0, 0xC0, 0x3F]).elements(as: Float.self) == [1.5])
        #expect(try value(.float(.init(size: 4, order: .big)), [0x3F, 0xC0, 0, 0]).elements(as: Double.self) == [1.5])
    }

    @Test func floats_AreNotNarrowedAndNoIntegers() {
        let value = value(.float(.init(size: 8)), [0, 0, 0, 0, 0, 0, 0, 0])
        #expect(throws: HDF5ClientError.self) { try value.elements(as: Float.self) }
        #expect(throws: HDF5ClientError.self) { try value.elements(as: Int.self) }
    }

    @Test func enumerations_AreIntegersAndH5pysBooleanIsBool() throws {
        let base = Datatype.Integer(size: 1, isSigned: true)
        let boolean = Datatype.enumeration(
            base, members: [.init(name: "FALSE", value: 0), .init(name: "TRUE", value: 1)])
        let other = Datatype.enumeration(base, members: [.init(name: "RED", value: 1)])
        #expect(try value(boolean, [0, 1]).elements(as: Bool.self) == [false, true])
        #expect(try value(boolean, [0, 1]).elements(as: Int8.self) == [0, 1])
        #expect(throws: HDF5ClientError.self) { try value(other, [1]).elements(as: Bool.self) }
    }

    @Test(
        arguments: [
            (.nullPadded, "ab\0\0", "ab"), (.nullPadded, "a\0b\0", "a\0b"), (.nullTerminated, "a\0b\0", "a"),
            (.spacePadded, "a   ", "a"), (.spacePadded, "    ", ""), (.nullPadded, "abcd", "abcd"),
        ] as [(Datatype.Padding, String, String)])
    func strings_LoseTheirPadding(padding: Datatype.Padding, stored: String, text: String) throws {
        let type = Datatype.string(.init(length: 4, characterSet: .utf8, padding: padding))
        #expect(try value(type, Array((stored + stored).utf8)).elements(as: String.self) == [text, text])
    }

    @Test func strings_OfVariableLengthAreCounted() throws {
        let bytes: [UInt8] = [2, 0, 0, 0, 0xC3, 0xA9, 0, 0, 0, 0]
        let value = Value(datatype: .variableString(.utf8, .nullTerminated), shape: [2], bytes: bytes)
        #expect(try value.elements(as: String.self) == ["\u{E9}", ""])
    }

    @Test(
        arguments: [
            [2, 0, 0, 0, 0x61], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0, 0xFF, 0, 0, 0, 0],
        ] as [[UInt8]])
    func strings_ThatAreCutShortOrNotUTF8AreRefused(bytes: [UInt8]) {
        let value = Value(datatype: .variableString(.utf8, .nullTerminated), shape: [2], bytes: bytes)
        #expect(throws: HDF5ClientError.self) { try value.elements(as: String.self) }
    }

    @Test(
        arguments: [
            (.integer(.init(size: 2, isSigned: true)), [0xFE, 0xFF]),
            (.integer(.init(size: 4, isSigned: true, order: .big)), [0xFF, 0xFF, 0xFF, 0xFE]),
            (.float(.init(size: 4)), [0, 0, 0, 0xC0]), (.float(.init(size: 2, order: .big)), [0xC0, 0]),
        ] as [(Datatype, [UInt8])])
    func bytes_AreThoseOfTheDatatype(type: Datatype, bytes: [UInt8]) {
        #expect(Int.bytes(of: [-2], as: type) == bytes)
        #expect(Double.bytes(of: [-2], as: type) == bytes)
        #expect(Float.bytes(of: [-2], as: type) == bytes)
    }

    @Test func bytes_OfWhatDoesNotFitAreNone() {
        #expect(Int.bytes(of: [1, 256], as: integer(1, signed: false)) == nil)
        #expect(Int.bytes(of: [-1], as: integer(8, signed: false)) == nil)
        #expect(Int.bytes(of: [1 << 60 + 1], as: .float(.init(size: 8))) == nil)
        #expect(Double.bytes(of: [1.5], as: integer(8)) == nil)
        #expect(Double.bytes(of: [.nan], as: integer(8)) == nil)
        #expect(Double.bytes(of: [1e300], as: .float(.init(size: 4))) == nil)
        #expect(Bool.bytes(of: [true], as: integer(1)) == nil)
        #expect(String.bytes(of: ["a"], as: integer(1)) == nil)
    }

    @Test func bytes_OfFloatsAreRounded() {
        #expect(
            Double.bytes(of: [0.1, .infinity], as: .float(.init(size: 4))) == [
                0xCD, 0xCC, 0xCC, 0x3D, 0, 0, 0x80, 0x7F,
            ])
    }

    @Test(
        arguments: [
            (.nullPadded, "ab", "ab\0\0"), (.nullPadded, "abcd", "abcd"), (.nullPadded, "a\0b", "a\0b\0"),
            (.nullPadded, "a\0", nil), (.nullPadded, "abcde", nil), (.nullPadded, "\u{E9}", nil),
            (.nullTerminated, "abc", "abc\0"), (.nullTerminated, "abcd", nil), (.nullTerminated, "a\0b", nil),
            (.spacePadded, "", "    "), (.spacePadded, "a", "a   "), (.spacePadded, "a ", nil),
        ] as [(Datatype.Padding, String, String?)])
    func bytes_OfStringsArePadded(padding: Datatype.Padding, text: String, stored: String?) {
        let bytes = String.bytes(of: [text], as: .string(.init(length: 4, padding: padding)))
        #expect(bytes == stored.map { Array($0.utf8) })
    }

    @Test func bytes_OfStringsOfVariableLengthAreCounted() {
        let type = Datatype.variableString(.utf8, .nullTerminated)
        #expect(String.bytes(of: ["\u{E9}", ""], as: type) == [2, 0, 0, 0, 0xC3, 0xA9, 0, 0, 0, 0])
        #expect(String.bytes(of: ["a\0"], as: type) == nil)
        #expect(String.bytes(of: ["\u{E9}"], as: .variableString(.ascii, .nullTerminated)) == nil)
    }
}
