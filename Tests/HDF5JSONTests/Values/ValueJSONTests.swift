import H5Model
import Testing

@testable import HDF5JSON

struct ValueJSONTests {
    private static let int16 = Datatype.integer(.init(size: 2, isSigned: true))
    private static let boolean = Datatype.enumeration(
        .init(size: 1, isSigned: true), members: [.init(name: "FALSE", value: 0), .init(name: "TRUE", value: 1)])
    private static let row = Datatype.compound([
        "a": int16, "b": .string(.init(length: 2)), "c": .variableString(.utf8, .nullTerminated),
    ])
    private static let rows: [UInt8] =
        [1, 0, 0x78, 0, 2, 0, 0, 0, 0x68, 0x69] + [0xFE, 0xFF, 0x79, 0x7A, 0, 0, 0, 0]

    private func text(
        _ type: Datatype, _ shape: Shape, _ bytes: [UInt8], _ options: ValueOptions = ValueOptions()
    ) throws -> String {
        let value = Value(datatype: type, shape: shape, bytes: bytes)
        return String(decoding: try ValueJSON.text(value, options: options), as: UTF8.self)
    }

    @Test(
        arguments: [
            ([], "1"), ([1], "[1]"), ([1, 1], "[[1]]"), ([0], "[]"), ([2, 0], "[[],[]]"), ([0, 3], "[]"),
            ([2, 0, 5], "[[],[]]"), ([6], "[1,2,3,4,5,6]"), ([2, 3], "[[1,2,3],[4,5,6]]"),
            ([3, 2], "[[1,2],[3,4],[5,6]]"), ([6, 1], "[[1],[2],[3],[4],[5],[6]]"),
            ([1, 2, 3], "[[[1,2,3],[4,5,6]]]"), ([3, 1, 2], "[[[1,2]],[[3,4]],[[5,6]]]"),
        ] as [(Shape, String)])
    func lists_OfAShape_AreNested(shape: Shape, expected: String) throws {
        let bytes = [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0].prefix((shape.elementCount ?? 0) * 2) as ArraySlice<UInt8>
        #expect(try text(Self.int16, shape, Array(bytes)) == expected)
    }

    @Test func value_OfANullDataspace_IsNull() throws {
        #expect(try ValueJSON.text(nil) == Array("null".utf8))
    }

    @Test func booleans_OfH5py_AreTrueAndFalse() throws {
        #expect(try text(Self.boolean, [3], [0, 1, 2]) == "[false,true,true]")
    }

    @Test func enumerations_AreTheirNumbers() throws {
        let type = Datatype.enumeration(
            .init(size: 2, isSigned: true, order: .big), members: [.init(name: "RED", value: -2)])
        #expect(try text(type, [2], [0xFF, 0xFE, 0, 7]) == "[-2,7]")
    }

    @Test func complexNumbers_ArePairs() throws {
        let part = Datatype.float(.init(size: 4))
        let type = Datatype.compound(["r": part, "i": part])
        let bytes = [Float(1), -0.5, .nan, 2].withUnsafeBytes(Array.init)
        #expect(try text(type, [2], bytes) == #"[[1.0,-0.5],["NaN",2.0]]"#)
    }

    @Test(
        arguments: [
            (.nullTerminated, "ab\0cd\0\0\0", "ab"), (.nullPadded, "ab\0cd\0\0\0", #"ab\u0000cd"#),
            (.spacePadded, "ab\0cd\0\0\0", #"ab\u0000cd"#), (.nullTerminated, "ab      ", "ab      "),
            (.nullPadded, "ab      ", "ab      "), (.spacePadded, "ab      ", "ab"),
            (.spacePadded, "a b  \0  ", "a b  "), (.nullPadded, "a b  \0  ", #"a b  \u0000  "#),
            (.nullPadded, "\0\0\0\0\0\0\0\0", ""), (.nullTerminated, "12345678", "12345678"),
        ] as [(Datatype.Padding, String, String)])
    func strings_OfFixedLength_AreTrimmedAsH5pyDoes(padding: Datatype.Padding, stored: String, expected: String) throws
    {
        let type = Datatype.string(.init(length: 8, padding: padding))
        #expect(try text(type, [], Array(stored.utf8)) == "\"\(expected)\"")
    }

    @Test func strings_ThatAreNotUTF8_AreBase64() throws {
        let type = Datatype.string(.init(length: 3, characterSet: .utf8))
        #expect(try text(type, [2], [0xFF, 0x41, 0] + Array("\u{E9}!".utf8)) == "[{\"base64\":\"/0E=\"},\"\u{E9}!\"]")
    }

    @Test(
        arguments: [
            (.object, #"[{"a":1,"b":"x","c":"hi"},{"a":-2,"b":"yz","c":""}]"#),
            (.array, #"[[1,"x","hi"],[-2,"yz",""]]"#),
            (.columns, #"{"a":[1,-2],"b":["x","yz"],"c":["hi",""]}"#),
        ] as [(ValueOptions.Rows, String)])
    func compounds_ByOption_AreObjectsArraysOrColumns(rows: ValueOptions.Rows, expected: String) throws {
        #expect(try text(Self.row, [2], Self.rows, ValueOptions(rows: rows)) == expected)
    }

    @Test func compounds_ThatAreNested_AreObjectsInColumns() throws {
        let inner = Datatype.compound(["x": Self.int16, "y": Self.boolean])
        let type = Datatype.compound(["p": inner, "q": Self.int16])
        let bytes: [UInt8] = [1, 0, 1, 2, 0]
        #expect(try text(type, [1], bytes) == #"[{"p":{"x":1,"y":true},"q":2}]"#)
        #expect(try text(type, [1], bytes, ValueOptions(rows: .array)) == "[[[1,true],2]]")
        #expect(try text(type, [1], bytes, ValueOptions(rows: .columns)) == #"{"p":[{"x":1,"y":true}],"q":[2]}"#)
    }

    @Test func value_ShorterThanItsShape_IsRefused() {
        #expect(throws: ServiceError.self) { try text(Self.int16, [2], [1, 0, 2]) }
        #expect(throws: ServiceError.self) { try text(Self.row, [1], [1, 0, 0x78, 0, 255, 255, 255, 127]) }
    }

    @Test(
        arguments: [
            (.opaque(size: 3, tag: ""), [1, 2, 3], #""AQID""#), (.bitfield(size: 2, order: .big), [1, 2], "258"),
            (.array(of: int16, shape: [2, 1]), [1, 0, 2, 0], "[[1],[2]]"),
            (.variableLength(of: int16), [4, 0, 0, 0, 1, 0, 2, 0], "[1,2]"),
            (.variableLength(of: .variableLength(of: int16)), [6, 0, 0, 0, 2, 0, 0, 0, 7, 0], "[[7]]"),
            (.reference(.object), [2, 0, 0, 0, 0x2f, 0x61], #"{"path":"/a"}"#),
            (.reference(.object), [3, 0, 0, 0, 0x23, 0x31, 0x32], #"{"path":null,"address":12}"#),
            (.reference(.region), [4, 0, 0, 0, 0x2f, 0x61, 0, 0x31], #"{"path":"/a","select":"1"}"#),
            (.reference(.region), [0, 0, 0, 0], "null"),
        ] as [(Datatype, [UInt8], String)])
    func value_OfASpecialDatatype_IsJSON(type: Datatype, bytes: [UInt8], expected: String) throws {
        #expect(try text(type, [], bytes) == expected)
    }

    @Test(arguments: [.other(className: "H5T_TIME", size: 4), .compound(.init(packing: []))] as [Datatype])
    func datatypes_WhoseValuesAreNotServed_AreRefusedByName(type: Datatype) throws {
        let error = #expect(throws: ServiceError.self) { try text(type, [], [0, 0, 0, 0, 0, 0, 0, 0]) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains(type.unsupportedReason ?? "?") == true)
    }
}

struct NestedListsTests {
    private func text(_ shape: Shape, cuts: [Int]) -> String {
        let lists = NestedLists(shape: shape)
        var text: [UInt8] = []
        var place = 0
        for cut in cuts {
            var next = place
            lists.write(first: place, count: cut - place, to: &text) { count, text in
                text += Array((next..<next + count).map(String.init).joined(separator: ",").utf8)
                next += count
            }
            place = cut
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test(
        arguments: [[24], [1, 24], [2, 1, 12], [2, 3, 4], [4, 3, 2], [24, 1], [1, 1, 24], [3, 8]] as [Shape], 1...25)
    func lists_CutAnywhere_AreTheWholeTogether(shape: Shape, limit: Int) {
        let cuts = Array(stride(from: limit, to: 24, by: limit)) + [24]
        #expect(text(shape, cuts: cuts) == text(shape, cuts: [24]))
    }
}
