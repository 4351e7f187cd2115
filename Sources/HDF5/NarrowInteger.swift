internal import H5Model

/// An integer that is stored in fewer bits than it travels in; libhdf5 would cut a number that does not fit.
struct NarrowInteger {
    let precision: Int
    /// Bytes of the element in memory before it.
    private let offset: Int
    private let type: Datatype.Integer
    /// The arrays that it is in, the outermost one first: how many elements they have, and bytes of each.
    private var arrays: [(count: Int, stride: Int)] = []

    private init(precision: Int, offset: Int, type: Datatype.Integer) {
        self.precision = precision
        self.offset = offset
        self.type = type
    }

    /// Every one in an element of the type `wire`.
    static func all(
        in wire: Datatype, storedAs stored: Datatype, _ subject: String, offset: Int = 0
    ) throws(HDF5Error) -> [NarrowInteger] {
        switch (wire, stored) {
        case (.integer(let type), .integer(let stored)):
            guard let bits = stored.bits else { return [] }
            return [NarrowInteger(precision: bits.precision, offset: offset, type: type)]
        case (.enumeration, .enumeration(let base, _)) where base.bits != nil:
            throw HDF5Error(
                .unsupported, "\(subject) holds an enumeration whose integer leaves bits unused; it is not written")
        case (.float, .float(let stored)) where stored.format?.fitsDouble == true:
            throw HDF5Error(
                .unsupported, "\(subject) holds floats of a format of their own; they are read, not written")
        case (.array(let wire, let shape), .array(let stored, _)):
            var found = try all(in: wire, storedAs: stored, subject, offset: offset)
            for place in found.indices {
                found[place].arrays.insert((shape.elementCount ?? 0, wire.memorySize), at: 0)
            }
            return found
        case (.variableLength(let wire), .variableLength(let stored)):
            if try all(in: wire, storedAs: stored, subject).isEmpty { return [] }
            throw HDF5Error(
                .unsupported, "\(subject) holds sequences of integers that leave bits unused; they are not written")
        case (.compound(let wire), .compound(let stored)):
            var found: [NarrowInteger] = []
            var offset = offset
            for field in wire.fields {
                if let other = stored.fields.first(where: { $0.name == field.name }) {
                    found += try all(in: field.type, storedAs: other.type, subject, offset: offset)
                }
                offset += field.type.memorySize
            }
            return found
        default:
            return []
        }
    }

    /// Whether the number in the element, or each in its arrays, can be stored as it is.
    func fits(_ element: UnsafeRawPointer) -> Bool {
        fits(element, arrays[...])
    }

    private func fits(_ element: UnsafeRawPointer, _ arrays: ArraySlice<(count: Int, stride: Int)>) -> Bool {
        guard let array = arrays.first else { return fitsAlone(element) }
        return (0..<array.count).allSatisfy { fits(element + $0 * array.stride, arrays.dropFirst()) }
    }

    private func fitsAlone(_ element: UnsafeRawPointer) -> Bool {
        var pattern: UInt64 = 0
        for index in 0..<type.size {
            let place = type.order == .big ? index : type.size - 1 - index
            pattern = pattern << 8 | UInt64(element.load(fromByteOffset: offset + place, as: UInt8.self))
        }
        let unused = UInt64(64 - 8 * type.size)
        if !type.isSigned { return precision == 64 || pattern >> UInt64(precision) == 0 }
        let number = Int64(bitPattern: pattern << unused) >> Int64(unused)
        return number >> Int64(precision - 1) == number >> 63
    }
}
