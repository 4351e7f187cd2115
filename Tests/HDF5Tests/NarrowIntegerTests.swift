import H5Model
import Testing

@testable import HDF5

struct NarrowIntegerTests {
    private static let byte = Datatype.integer(.init(size: 1, isSigned: false))
    private static let narrow = Datatype.integer(
        .init(size: 1, isSigned: false, bits: .init(precision: 4, offset: 0)))

    /// Rows of an array of 2 whose second field is an array of `count`.
    private func rows(of element: Datatype, _ count: Int) -> Datatype {
        .array(of: .compound(["a": Self.byte, "b": .array(of: element, shape: [count])]), shape: [2])
    }

    @Test func integers_OfArraysInArraysAreAllLookedAt() throws {
        let found = try NarrowInteger.all(in: rows(of: Self.byte, 2), storedAs: rows(of: Self.narrow, 2), "/x")
        let number = try #require(found.first)
        #expect(found.count == 1)
        for place in 0..<6 {
            var element: [UInt8] = [99, 1, 2, 99, 3, 15]
            element[place] = 16
            let fits = element.withUnsafeBytes { bytes in bytes.baseAddress.map { number.fits($0) } }
            #expect(fits == (place % 3 == 0))
        }
    }

    @Test func integer_OfAVeryLargeArrayIsThereOnce() throws {
        let count = 1 << 30
        #expect(
            try NarrowInteger.all(in: rows(of: Self.byte, count), storedAs: rows(of: Self.narrow, count), "/x").count
                == 1)
    }
}
