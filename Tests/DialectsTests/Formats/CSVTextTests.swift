import H5Model
import HDF5JSON
import Testing

@testable import Dialects

struct CSVTextTests {
    private static let byte = Datatype.integer(.init(size: 1, isSigned: false))

    private func text(_ type: Datatype, _ shape: Shape, _ bytes: [UInt8], cut: Int? = nil) throws -> String {
        let section = try CSVText.section(of: type, shape: shape, ValueOptions(), "/x")
        var text = section.prefix
        let count = shape.elementCount ?? 0
        var first = 0
        while first < count {
            let run = min(cut ?? count, count - first)
            let part = bytes[first * type.size..<(first + run) * type.size]
            try section.text.append(Array(part), first: first, count: run, of: shape, to: &text)
            first += run
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func rows_CutAnywhere_AreTheWhole(cut: Int) throws {
        #expect(try text(Self.byte, [2, 3], [1, 2, 3, 4, 5, 6], cut: cut) == "1,2,3\n4,5,6\n")
        #expect(try text(Self.byte, [3], [1, 2, 3], cut: cut) == "1\n2\n3\n")
        #expect(try text(.array(of: Self.byte, shape: [3]), [2], [1, 2, 3, 4, 5, 6], cut: cut) == "1,2,3\n4,5,6\n")
    }

    @Test func table_OfNestedRows_HasOneHeader() throws {
        let inner = Datatype.compound(["b": Self.byte, "c,": .array(of: .boolean, shape: [2])])
        let type = Datatype.compound(["a": inner, "z": .complex(of: .init(size: 4))])
        let bytes: [UInt8] = [7, 1, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
        #expect(try text(type, [1], bytes) == "a.b,\"a.c,[0]\",\"a.c,[1]\",z\n7,true,false,1.0-2.0j\n")
        #expect(try text(type, [0], []) == "a.b,\"a.c,[0]\",\"a.c,[1]\",z\n")
    }

    @Test func arrays_InOneAnother_AreColumnsUpToTheMost() throws {
        let inner = Datatype.compound(["b": .array(of: Self.byte, shape: [128])])
        let section = try CSVText.section(
            of: .compound(["a": .array(of: inner, shape: [128])]), shape: [1], ValueOptions(), "/x")
        #expect(section.prefix.count { $0 == UInt8(ascii: ",") } == 16_383)
    }

    @Test func array_OfVeryManyStrings_IsNoListOfCells() throws {
        let type = Datatype.array(of: .string(.init(length: 1)), shape: [1 << 31])
        _ = try CSVText.section(of: type, shape: [1], ValueOptions(), "/x")
        #expect(try text(.array(of: .string(.init(length: 1)), shape: [2]), [2], Array("abcd".utf8)) == "a,b\nc,d\n")
    }

    @Test func string_WithMarks_IsQuoted() throws {
        let type = Datatype.string(.init(length: 3))
        let strings = Array("a,b\"c\"\nd xyz".utf8) + [0, 0, 0]
        #expect(try text(type, [5], strings) == "\"a,b\"\n\"\"\"c\"\"\"\n\"\nd \"\nxyz\n\"\"\n")
    }

    @Test(
        arguments: [
            (byte, [2, 2, 2], "/x has 3 dimensions, and CSV two dimensions; select= takes a part of more"),
            (.compound(["a": byte]), [2, 2], "/x has 2 dimensions, and CSV one dimension of rows"),
            (.variableLength(of: byte), [2], "/x has lists of variable length, which have no place in a table"),
            (.compound(["a": .array(of: byte, shape: [20_000])]), [2], "/x has more than 16384 columns"),
            (
                .compound(["a": .array(of: .compound(["b": .array(of: byte, shape: [16_384])]), shape: [16_384])]), [2],
                "/x has more than 16384 columns"
            ),
            (
                .compound(["a": .array(of: .string(.init(length: 1)), shape: [1 << 16, 1 << 15])]), [2],
                "/x has more than 16384 columns"
            ),
        ] as [(Datatype, Shape, String)])
    func values_ThatAreNoTable_AreNotAcceptable(type: Datatype, shape: Shape, message: String) {
        let error = #expect(throws: ServiceError.self) { try text(type, shape, []) }
        #expect(error?.code == .notAcceptable)
        #expect(error?.message == message + "; application/json and application/octet-stream hold all values")
    }
}
