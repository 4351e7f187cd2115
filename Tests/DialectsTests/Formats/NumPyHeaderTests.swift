import H5Model
import HDF5JSON
import Testing

@testable import Dialects

struct NumPyHeaderTests {
    private static let int32 = Datatype.integer(.init(size: 4, isSigned: true))

    private func text(_ type: Datatype) throws -> String { try NumPyDescription(type).text }

    // What numpy.save of numpy 2.4 writes.
    @Test func header_OfAnArray_IsNumPys() throws {
        let header = NumPyHeader.bytes(try NumPyDescription(Self.int32), shape: [3, 4])
        let text = "{'descr': '<i4', 'fortran_order': False, 'shape': (3, 4), }"
        #expect(Array(header[..<10]) == [0x93] + Array("NUMPY".utf8) + [1, 0, 0x76, 0])
        #expect(header.count == 128)
        #expect(String(decoding: header[10...], as: UTF8.self).hasPrefix(text + "  "))
        #expect(header.last == UInt8(ascii: "\n"))
    }

    @Test func header_OfVeryManyFields_IsOfVersion2() throws {
        let fields = (0..<5000).map { (HDF5Name("field \($0)"), Self.int32) }
        let type = Datatype.compound(.init(packing: fields))
        let header = NumPyHeader.bytes(try NumPyDescription(type), shape: [])
        #expect(Array(header[6..<8]) == [2, 0])
        #expect(header.count.isMultiple(of: 64))
    }

    @Test(
        arguments: [
            (.boolean, "'|b1'"), (.complex(of: .init(size: 4, order: .big)), "'>c8'"),
            (.string(.init(length: 3, padding: .spacePadded)), "'|S3'"), (.opaque(size: 4, tag: "x"), "'|V4'"),
            (.opaque(size: 8, tag: "NUMPY:<M8[ns]"), "'<M8[ns]'"), (.bitfield(size: 2, order: .big), "'>u2'"),
            (.enumeration(.init(size: 2, isSigned: true, order: .big), members: []), "'>i2'"),
            (.float(.extended), "'<f16'"),
            (
                .compound(["a'": int32, "\u{e9}": .array(of: int32, shape: [2, 3])]),
                "[('a\\'', '<i4'), ('\\xe9', '<i4', (2, 3))]"
            ),
            (
                .compound(["in": .array(of: .compound(["x": .boolean]), shape: [2])]),
                "[('in', [('x', '|b1')], (2,))]"
            ),
        ] as [(Datatype, String)])
    func dtype_OfADatatype_IsNumPys(type: Datatype, expected: String) throws {
        #expect(try text(type) == expected)
    }

    @Test func shape_OfAnArrayDatatype_IsOfTheArray() throws {
        let type = Datatype.array(of: .array(of: Self.int32, shape: [3]), shape: [2])
        #expect(try NumPyDescription(type).shape == [2, 3])
        let header = NumPyHeader.bytes(try NumPyDescription(type), shape: [5])
        #expect(String(decoding: header, as: UTF8.self).contains("'shape': (5, 2, 3), "))
    }

    @Test(
        arguments: [
            (.text, "variable-length strings"), (.variableLength(of: int32), "lists of variable length"),
            (.compound(["a": .reference(.object)]), "references"),
            (.compound(["": int32]), "a field whose name is empty"),
        ] as [(Datatype, String)])
    func datatype_ThatNumPyHasNot_IsNamed(type: Datatype, part: String) {
        #expect(throws: ServiceError(.notAcceptable, part)) { try NumPyDescription(type) }
    }
}
