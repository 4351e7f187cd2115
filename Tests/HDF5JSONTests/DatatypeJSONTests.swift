import H5Model
import HDF5JSON
import HTTPMessage
import Testing

@Suite struct DatatypeJSONTests {
    private static let color = Datatype.enumeration(
        .init(size: 1, isSigned: false), members: [.init(name: "RED", value: 0), .init(name: "BLUE", value: 255)])
    private static let double = Datatype.float(.init(size: 8))
    private static let complex = Datatype.complex(of: .init(size: 8))
    private static let halves = Datatype.complex(of: .init(size: 2))
    private static let row = Datatype.compound(
        .init(size: 12, fields: [.init(name: "\u{E9}", offset: 4, type: double)]))

    private func text(_ type: Datatype) -> String {
        var json = JSONWriter()
        DatatypeJSON.write(type, to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static let table: [(Datatype, String)] = [
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
        (.other(className: "H5T_INTEGER", size: 3), #"{"class":"H5T_INTEGER","size":3}"#),
        (.other(className: "H5T_TIME", size: 4), #"{"class":"H5T_TIME","size":4}"#),
    ]

    @Test(arguments: table) func datatype_ByItsClass_HasTheNamesOfHDF5JSON(type: Datatype, expected: String) {
        #expect(text(type) == expected)
    }

    @Test(arguments: table) func description_OfAnyDatatype_ReadsBack(type: Datatype, text: String) throws {
        #expect(try DatatypeJSON.read(text: Array(text.utf8)) == type.packedCompounds)
    }

    @Test(
        arguments: [
            (double, "<f8"), (.float(.init(size: 2, order: .big)), ">f2"),
            (.integer(.init(size: 1, isSigned: true)), "|i1"),
            (.integer(.init(size: 8, isSigned: false, order: .big)), ">u8"), (.string(.init(length: 4)), "|S4"),
            (.boolean, "|b1"), (complex, "<c16"), (.string(.init(length: 4, padding: .spacePadded)), nil), (color, nil),
            (row, nil), (halves, nil), (.variableString(.utf8, .nullTerminated), nil),
        ] as [(Datatype, String?)])
    func numPyType_WhereNumPyHasOne_IsItsString(type: Datatype, expected: String?) {
        #expect(type.numPyType == expected)
    }

    @Test(
        arguments: [
            ("H5T_STD_I32LE", .integer(.init(size: 4, isSigned: true))),
            ("H5T_STD_U8", .integer(.init(size: 1, isSigned: false))),
            ("\"H5T_IEEE_F64BE\"", .float(.init(size: 8, order: .big))), ("H5T_STD_REF_OBJ", .reference(.object)),
            (
                #"{"class":"H5T_VLEN","base":"H5T_STD_I32"}"#,
                .variableLength(of: .integer(.init(size: 4, isSigned: true)))
            ),
            (
                #" {"fields":[{"type":"<u2","name":"x"}],"class":"H5T_COMPOUND"}"#,
                .compound(["x": .integer(.init(size: 2, isSigned: false))])
            ),
            (
                #"{"class":"H5T_REFERENCE","base":"H5T_STD_REF_OBJ","charSet":"H5T_CSET_ASCII","length":48}"#,
                .reference(.object)
            ),
            (#"{"class":"H5T_STRING","charSet":"H5T_CSET_ASCII","length":3}"#, .string(.init(length: 3))),
            (#"{"class":"H5T_OPAQUE","size":3}"#, .opaque(size: 3, tag: "")),
            (
                #"{"class":"H5T_ENUM","base":"H5T_STD_I8LE","mapping":{"B":-128,"A":127}}"#,
                .enumeration(
                    .init(size: 1, isSigned: true),
                    members: [.init(name: "B", value: -128), .init(name: "A", value: 127)])
            ),
            (
                #"{"class":"H5T_ENUM","base":"H5T_STD_U64LE","mapping":{"M":18446744073709551615}}"#,
                .enumeration(.init(size: 8, isSigned: false), members: [.init(name: "M", value: -1)])
            ),
            (
                #"{"class":"H5T_COMPOUND","fields":[{"name":"?","nameBase64":"/w==","type":"?"}]}"#,
                .compound(.init(packing: [(HDF5Name(bytes: [0xFF]), .boolean)]))
            ),
        ] as [(String, Datatype)])
    func description_InOtherForms_IsUnderstood(text: String, expected: Datatype) throws {
        #expect(try DatatypeJSON.read(text: Array(text.utf8)) == expected)
    }

    @Test(
        arguments: [
            ("{", "the datatype is no JSON: expected a name, found the end at byte 1"),
            ("{}", "a datatype's \"class\" is missing, or is no string"),
            (#"{"class":"H5T_FOO"}"#, "\"H5T_FOO\" is no class of datatypes"),
            (#"{"class":"H5T_INTEGER"}"#, "H5T_INTEGER: \"base\" is missing"),
            (
                #"{"class":"H5T_INTEGER","base":"H5T_IEEE_F64LE"}"#,
                "H5T_INTEGER: \"base\" is \"H5T_IEEE_F64LE\", not the name of an integer type such as H5T_STD_I32LE"
            ),
            (
                #"{"class":"H5T_INTEGER","base":"I32"}"#,
                "H5T_INTEGER: \"base\" is \"I32\", not the name of a predefined type such as H5T_STD_I32LE"
            ),
            (
                #"{"class":"H5T_INTEGER","base":"H5T_STD_I16LE","precision":12,"offset":5}"#,
                "H5T_INTEGER: \"precision\" is 12, not an integer from 1 to 11"
            ),
            (
                #"{"class":"H5T_STRING","charSet":"H5T_CSET_UTF8","lenght":3}"#,
                "H5T_STRING: unknown key \"lenght\"; it takes class, charSet, strPad, length"
            ),
            (
                #"{"class":"H5T_STRING","charSet":"latin1","length":3}"#,
                "H5T_STRING: \"charSet\" is \"latin1\", not H5T_CSET_ASCII or H5T_CSET_UTF8"
            ),
            (
                #"{"class":"H5T_STRING","charSet":"H5T_CSET_UTF8","length":0}"#,
                "H5T_STRING: \"length\" is 0, not a number of bytes or \"H5T_VARIABLE\""
            ),
            (
                #"{"class":"H5T_OPAQUE","size":-1,"tag":""}"#,
                "H5T_OPAQUE: \"size\" is -1, not an integer from 1 to 4294967295"
            ),
            (
                #"{"class":"H5T_ARRAY","base":"<u1","dims":[4294967296]}"#,
                "H5T_ARRAY: \"dims\" are not 1 to 32 extents of an array that is smaller than 4 GiB"
            ),
            (
                #"{"class":"H5T_ARRAY","base":"<u1","dims":[]}"#,
                "H5T_ARRAY: \"dims\" are not 1 to 32 extents of an array that is smaller than 4 GiB"
            ),
            (
                #"{"class":"H5T_COMPOUND","fields":[]}"#,
                "H5T_COMPOUND: \"fields\" is a list, not a list of {\"name\", \"type\"}"
            ),
            (
                #"{"class":"H5T_COMPOUND","fields":[{"name":"a","type":"i4"},{"name":"a","type":"i4"}]}"#,
                "H5T_COMPOUND: two fields are named \"a\""
            ),
            (
                #"{"class":"H5T_COMPOUND","fields":[{"name":"a"}]}"#,
                "H5T_COMPOUND: a field is an object with \"name\", a string, and \"type\""
            ),
            (
                #"{"class":"H5T_COMPOUND","fields":[{"name":"","type":"i4"}]}"#,
                "H5T_COMPOUND: \"\" is no name of a field"
            ),
            (
                #"{"class":"H5T_ENUM","base":"u1","mapping":{"A":256}}"#,
                "H5T_ENUM: the member \"A\" is 256, which is no number of the base type"
            ),
            (
                #"{"class":"H5T_ENUM","base":"i1","mapping":{"A":-129}}"#,
                "H5T_ENUM: the member \"A\" is -129, which is no number of the base type"
            ),
            (
                #"{"class":"H5T_ENUM","base":"u8","mapping":{"A":-1}}"#,
                "H5T_ENUM: the member \"A\" is -1, which is no number of the base type"
            ),
            (#"{"class":"H5T_ENUM","base":"u1","mapping":{"A":1,"B":1}}"#, "H5T_ENUM: two members are 1"),
            (#"{"class":"H5T_ENUM","base":"f4","mapping":{}}"#, "H5T_ENUM: \"base\" is no integer type"),
            ("H5T_STD_F32LE", "\"H5T_STD_F32LE\" is no predefined datatype, such as H5T_STD_I32LE or H5T_IEEE_F64BE"),
            (
                "\"H5T_NATIVE_INT\"",
                "\"H5T_NATIVE_INT\" is no predefined datatype, such as H5T_STD_I32LE or H5T_IEEE_F64BE"
            ),
        ] as [(String, String)])
    func description_OfNoDatatype_IsRefusedInWords(text: String, expected: String) {
        let error = #expect(throws: ServiceError.self) { try DatatypeJSON.read(text: Array(text.utf8)) }
        #expect(error == ServiceError(.invalid, expected))
    }

    @Test func description_NestedDeeply_IsReadOrRefused() {
        let opening = #"{"class":"H5T_VLEN","base":"#
        let text = { (depth: Int) in
            String(repeating: opening, count: depth) + "\"i1\"" + String(repeating: "}", count: depth)
        }
        #expect(throws: Never.self) { try DatatypeJSON.read(text: Array(text(64).utf8)) }
        #expect(throws: ServiceError.self) { try DatatypeJSON.read(text: Array(text(65).utf8)) }
    }
}

extension Datatype {
    /// The type whose compounds have no padding, and all else as it is.
    fileprivate var packedCompounds: Datatype {
        guard case .compound(let type) = self else { return self }
        return .compound(.init(packing: type.fields.map { ($0.name, $0.type) }))
    }
}
