import H5Model
import HDF5JSON
import Routes
import Testing

@testable import Dialects

struct NumPyArrayTests {
    private static let int16 = Datatype.integer(.init(size: 2, isSigned: true))

    private func array(
        _ descr: String, shape: String = "(2,)", isFortran: Bool = false, _ elements: [UInt8]
    ) throws -> NumPyArray {
        let text = "{'descr': \(descr), 'fortran_order': \(isFortran ? "True" : "False"), 'shape': \(shape)}\n"
        return try NumPyArray(BodyBytes(NumPyHeader.magic + [1, 0, UInt8(text.utf8.count), 0] + text.utf8 + elements))
    }

    @Test func header_OfRows_KeepsTheirPadding() throws {
        let array = try self.array(
            "[('a', '<i2'), ('', '|V2'), (('title', 'b'), '|S1', (2,))]", shape: "()", [1, 0, 9, 9, 65, 66])
        let string = Datatype.string(.init(length: 1))
        #expect(
            array.datatype
                == .compound(
                    .init(
                        size: 6,
                        fields: [
                            .init(name: "a", offset: 0, type: Self.int16),
                            .init(name: "b", offset: 4, type: .array(of: string, shape: [2])),
                        ])))
        #expect(try array.value(as: nil).bytes == [1, 0, 65, 66])
    }

    @Test func elements_InFortranOrder_AreTurned() throws {
        let array = try self.array("'|u1'", shape: "(2, 3)", isFortran: true, [1, 2, 3, 4, 5, 6])
        #expect(try array.value(as: nil).bytes == [1, 3, 5, 2, 4, 6])
    }

    @Test func elements_ThatAreNone_MayHaveAnyShape() throws {
        let array = try self.array("'<i2'", shape: "(4611686018427387904, 0)", isFortran: true, [])
        #expect(try array.value(as: nil) == Value(datatype: Self.int16, shape: [1 << 62, 0], bytes: []))
    }

    @Test(
        arguments: [
            ("'>i2'", [0, 1, 0xFF, 0xFE], int16, [1, 0, 0xFE, 0xFF]),
            ("'|i1'", [1, 0xFE], int16, [1, 0, 0xFE, 0xFF]),
            ("'<f2'", [0, 0x3C, 0, 0xC0], .float(.init(size: 4, order: .big)), [0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0]),
            ("'|b1'", [1, 0], .integer(.init(size: 1, isSigned: false)), [1, 0]),
            ("'|S2'", [65, 0, 66, 67], .string(.init(length: 3, padding: .spacePadded)), [65, 32, 32, 66, 67, 32]),
            ("'|S1'", [65, 0], .text, [1, 0, 0, 0, 65, 0, 0, 0, 0]),
            ("'|u1'", [5, 6], .compound(["only": int16]), [5, 0, 6, 0]),
        ] as [(String, [UInt8], Datatype, [UInt8])])
    func elements_OfAnotherDtype_AreCast(descr: String, elements: [UInt8], type: Datatype, expected: [UInt8]) throws {
        #expect(try array(descr, elements).value(as: type) == Value(datatype: type, shape: [2], bytes: expected))
    }

    @Test func number_ThatDoesNotFit_IsRefused() throws {
        let array = try self.array("'<i2'", [0, 1, 0, 0])
        #expect(throws: ServiceError(.invalid, "256 in the array does not fit the datatype |u1")) {
            try array.value(as: .integer(.init(size: 1, isSigned: false)))
        }
    }

    @Test func arrays_OfArrays_AreTheirLastDimensions() throws {
        let type = Datatype.array(of: .array(of: Self.int16, shape: [2]), shape: [1])
        let value = try array("'|u1'", shape: "(2, 1, 2)", [1, 2, 3, 4]).value(as: type)
        #expect(value == Value(datatype: type, shape: [2], bytes: [1, 0, 2, 0, 3, 0, 4, 0]))
    }

    @Test(arguments: [
        (
            "'<i2'", "(2,)",
            "the body has 3 bytes behind its header, which tells of the shape [2] with elements of 2 bytes"
        ),
        (
            "'<i2'", "(-1,)",
            "the header of the NPY file: 'shape' is to be a tuple of extents from 0 on, and 'fortran_order' True or False"
        ),
        ("['x']", "(2,)", "the header of the NPY file: a field is no tuple of a name, a dtype and perhaps a shape"),
    ])
    func header_ThatMakesNoSense_IsRefused(descr: String, shape: String, message: String) {
        #expect(throws: ServiceError(.invalid, message)) { try array(descr, shape: shape, [1, 2, 3]) }
    }
}
