import H5Model
import HDF5JSON
import Testing

@testable import Dialects

struct OctetElementsTests {
    private func ends(_ type: Datatype, _ bytes: [UInt8]) throws -> [Int] {
        try bytes.withUnsafeBytes { bytes throws(ServiceError) in
            try OctetElements(type).ends(in: bytes, limit: .max)
        }
    }

    @Test func elements_OfArraysOfStrings_EndBehindTheLast() throws {
        let row = Datatype.compound(["n": .integer(.init(size: 1, isSigned: false)), "s": .text])
        let one: [UInt8] = [7, 1, 0, 0, 0, 65]
        let none: [UInt8] = [8, 0, 0, 0, 0]
        #expect(try ends(.array(of: row, shape: [2]), one + none + none + one + one) == [11, 22])
    }

    @Test func array_OfVeryManyStrings_IsNoListOfParts() throws {
        #expect(try ends(.array(of: .text, shape: [1 << 40]), [0, 0, 0, 0]).isEmpty)
    }
}
