import H5Model
import HTTPMessage
import HTTPTypes
import Testing

@testable import Dialects

@Suite struct DatatypeJSONTests {
    private static let color = Datatype.enumeration(
        .init(size: 1, isSigned: false), members: [.init(name: "RED", value: 0), .init(name: "BLUE", value: 255)])
    private static let boolean = Datatype.enumeration(
        .init(size: 1, isSigned: true), members: [.init(name: "FALSE", value: 0), .init(name: "TRUE", value: 1)])
    private static let double = Datatype.float(.init(size: 8))
    private static let complex = Datatype.compound(["r": double, "i": double])
    private static let halves = Datatype.compound(["r": .float(.init(size: 2)), "i": .float(.init(size: 2))])
    private static let row = Datatype.compound(
        .init(size: 12, fields: [.init(name: "\u{E9}", offset: 4, type: double)]))

    private func text(_ type: Datatype) -> String {
        var json = JSONWriter()
        DatatypeJSON.write(type, to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test(
        arguments: [
            (.integer(.init(size: 8, isSigned: true)), #"{"class":"H5T_INTEGER","base":"H5T_STD_I64LE"}"#),
            (
                .integer(.init(size: 2, isSigned: false, order: .big)),
                #"{"class":"H5T_INTEGER","base":"H5T_STD_U16BE"}"#
            ),
            (
                .integer(.init(size: 4, isSigned: true, bits: .init(precision: 12, offset: 3))),
                #"{"class":"H5T_INTEGER","base":"H5T_STD_I32LE","precision":12,"offset":3}"#
            ),
            (double, #"{"class":"H5T_FLOAT","base":"H5T_IEEE_F64LE"}"#),
            (
                .string(.init(length: 11, characterSet: .utf8, padding: .spacePadded)),
                #"{"class":"H5T_STRING","charSet":"H5T_CSET_UTF8","strPad":"H5T_STR_SPACEPAD","length":11}"#
            ),
            (
                .variableString(.ascii, .nullTerminated),
                #"{"class":"H5T_STRING","charSet":"H5T_CSET_ASCII","strPad":"H5T_STR_NULLTERM","length":"H5T_VARIABLE"}"#
            ),
            (
                color,
                #"{"class":"H5T_ENUM","base":{"class":"H5T_INTEGER","base":"H5T_STD_U8LE"},"mapping":{"RED":0,"BLUE":255}}"#
            ),
            (
                row,
                #"{"class":"H5T_COMPOUND","fields":[{"name":"é","type":{"class":"H5T_FLOAT","base":"H5T_IEEE_F64LE"}}]}"#
            ),
            (
                .array(of: double, shape: [2, 3]),
                #"{"class":"H5T_ARRAY","base":{"class":"H5T_FLOAT","base":"H5T_IEEE_F64LE"},"dims":[2,3]}"#
            ),
            (
                .variableLength(of: double),
                #"{"class":"H5T_VLEN","size":"H5T_VARIABLE","base":{"class":"H5T_FLOAT","base":"H5T_IEEE_F64LE"}}"#
            ),
            (.opaque(size: 3, tag: "t"), #"{"class":"H5T_OPAQUE","size":3,"tag":"t"}"#),
            (.bitfield(size: 2, order: .big), #"{"class":"H5T_BITFIELD","base":"H5T_STD_B16BE"}"#),
            (.reference(.region), #"{"class":"H5T_REFERENCE","base":"H5T_STD_REF_DSETREG"}"#),
            (.other(className: "H5T_TIME", size: 4), #"{"class":"H5T_TIME","size":4}"#),
        ] as [(Datatype, String)])
    func datatype_ByItsClass_HasTheNamesOfHDF5JSON(type: Datatype, expected: String) {
        #expect(text(type) == expected)
    }

    @Test(
        arguments: [
            (double, "<f8"), (.float(.init(size: 2, order: .big)), ">f2"),
            (.integer(.init(size: 1, isSigned: true)), "|i1"),
            (.integer(.init(size: 8, isSigned: false, order: .big)), ">u8"), (.string(.init(length: 4)), "|S4"),
            (boolean, "|b1"), (complex, "<c16"), (.string(.init(length: 4, padding: .spacePadded)), nil), (color, nil),
            (row, nil), (halves, nil), (.variableString(.utf8, .nullTerminated), nil),
        ] as [(Datatype, String?)])
    func numPyType_WhereNumPyHasOne_IsItsString(type: Datatype, expected: String?) {
        #expect(ValueFields.numPyType(type) == expected)
    }

    @Test func fields_OfACompound_AreASCII() {
        let fields = ValueFields.make(datatype: Self.row, shape: [4, 6])
        #expect(fields[.hdf5Shape] == "4,6")
        #expect(fields[.hdf5Datatype]?.contains(#""name":"\u00e9""#) == true)
        #expect(ValueFields.make(datatype: Self.double, shape: [])[.hdf5Shape] == "")
        #expect(ValueFields.make(datatype: Self.double, shape: nil)[.hdf5Shape] == "null")
    }
}
