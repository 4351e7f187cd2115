import Foundation
import H5Model
import Testing

@testable import LockedH5Client

struct DatatypeJSONTests {
    private func decode(_ text: String) throws -> Datatype {
        try JSONDecoder().decode(DescribedDatatype.self, from: Data(text.utf8)).datatype
    }

    @Test(
        arguments: [
            (#"{"class":"H5T_INTEGER","base":"H5T_STD_I32LE"}"#, .integer(.init(size: 4, isSigned: true))),
            (#"{"class":"H5T_INTEGER","base":"H5T_STD_U8BE"}"#, .integer(.init(size: 1, isSigned: false, order: .big))),
            (
                #"{"class":"H5T_INTEGER","base":"H5T_STD_I16LE","precision":12,"offset":2}"#,
                .integer(.init(size: 2, isSigned: true, bits: .init(precision: 12, offset: 2)))
            ),
            (#"{"class":"H5T_FLOAT","base":"H5T_IEEE_F16BE"}"#, .float(.init(size: 2, order: .big))),
            (#"{"class":"H5T_FLOAT","size":2}"#, .other(className: "H5T_FLOAT", size: 2)),
            (#"{"class":"H5T_TIME","size":4}"#, .other(className: "H5T_TIME", size: 4)),
            (#"{"class":"H5T_BITFIELD","base":"H5T_STD_B16BE"}"#, .bitfield(size: 2, order: .big)),
            (#"{"class":"H5T_OPAQUE","size":5,"tag":"t"}"#, .opaque(size: 5, tag: "t")),
            (#"{"class":"H5T_REFERENCE","base":"H5T_STD_REF_OBJ"}"#, .reference(.object)),
            (#"{"class":"H5T_REFERENCE","base":"H5T_STD_REF_DSETREG"}"#, .reference(.region)),
            (
                #"{"class":"H5T_STRING","charSet":"H5T_CSET_UTF8","strPad":"H5T_STR_SPACEPAD","length":6}"#,
                .string(.init(length: 6, characterSet: .utf8, padding: .spacePadded))
            ),
            (
                #"{"class":"H5T_STRING","charSet":"H5T_CSET_ASCII","strPad":"H5T_STR_NULLTERM","length":"H5T_VARIABLE"}"#,
                .variableString(.ascii, .nullTerminated)
            ),
        ] as [(String, Datatype)])
    func decode_UnderstandsEveryClass(text: String, datatype: Datatype) throws {
        #expect(try decode(text) == datatype)
    }

    @Test func decode_UnderstandsNestedTypes() throws {
        let byte = #"{"class":"H5T_INTEGER","base":"H5T_STD_U8LE"}"#
        let type = Datatype.integer(.init(size: 1, isSigned: false))
        #expect(
            try decode(#"{"class":"H5T_ARRAY","base":\#(byte),"dims":[2,3]}"#) == .array(of: type, shape: [2, 3]))
        #expect(
            try decode(#"{"class":"H5T_VLEN","size":"H5T_VARIABLE","base":\#(byte)}"#) == .variableLength(of: type))
        let compound = #"{"class":"H5T_COMPOUND","fields":[{"name":"?","nameBase64":"/w==","type":\#(byte)}]}"#
        #expect(try decode(compound) == .compound(.init(packing: [(HDF5Name(bytes: [0xFF]), type)])))
        let enumeration = #"{"class":"H5T_ENUM","base":\#(byte),"mapping":{"B":255,"A":1}}"#
        let base = Datatype.Integer(size: 1, isSigned: false)
        let members = [Datatype.EnumMember(name: "A", value: 1), .init(name: "B", value: 255)]
        #expect(try decode(enumeration) == .enumeration(base, members: members))
    }

    @Test(arguments: [
        "{}", #"{"class":"H5T_INTEGER","base":"I32"}"#, #"{"class":"H5T_OPAQUE","size":-1,"tag":""}"#,
        #"{"class":"H5T_OTHER","size":9223372036854775807}"#,
        #"{"class":"H5T_ARRAY","base":{"class":"H5T_INTEGER","base":"H5T_STD_U8LE"},"dims":[4294967296]}"#,
    ])
    func decode_RefusesWhatIsNoDatatype(text: String) {
        #expect(throws: DecodingError.self) { try decode(text) }
    }
}
