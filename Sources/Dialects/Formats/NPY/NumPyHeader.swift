import H5Model

/// The header of an NPY file, byte for byte as `numpy.save` writes it.
///
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
enum NumPyHeader {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// Bytes before the length: the magic and the two numbers of the version.
    static let prefix = magic.count + 2
    /// Elements begin at a multiple of so many bytes.
    private static let alignment = 64
    /// Room for the first extent to grow in place.
    private static let growth = 21

    /// - Parameters:
    ///   - type: The dtype.
    ///   - shape: The array's shape, without what the dtype adds to it.
    static func bytes(_ type: NumPyDescription, shape: Shape) -> [UInt8] {
        let shape = shape + type.shape
        var text =
            "{'descr': \(type.text), 'fortran_order': False, 'shape': \(NumPyDescription.tuple(shape)), }"
        if let first = shape.first { text += String(repeating: " ", count: max(growth - "\(first)".count, 0)) }
        // Version 1.0 has a length of two bytes, which is not enough for very many fields; 2.0 has one of four.
        let short = padded(text, lengthSize: 2)
        if let length = UInt16(exactly: short.count) {
            return magic + [1, 0] + withUnsafeBytes(of: length.littleEndian, Array.init) + short
        }
        let long = padded(text, lengthSize: 4)
        return magic + [2, 0] + withUnsafeBytes(of: UInt32(long.count).littleEndian, Array.init) + long
    }

    private static func padded(_ text: String, lengthSize: Int) -> [UInt8] {
        let used = (prefix + lengthSize + text.utf8.count + 1) % alignment
        return Array(text.utf8) + Array(repeating: UInt8(ascii: " "), count: alignment - used) + [UInt8(ascii: "\n")]
    }
}
