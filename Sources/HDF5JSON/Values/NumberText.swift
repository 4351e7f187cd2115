import CNumbers
package import H5Model

/// The text of stored numbers.
package struct NumberText {
    private var format: lockedh5_number_format
    /// Bytes of one number.
    package var size: Int { Int(format.size) }

    package init(_ type: Datatype.Integer, options: ValueOptions) {
        format = lockedh5_number_format(
            number_class: type.isSigned ? LOCKEDH5_SIGNED : LOCKEDH5_UNSIGNED, size: Int32(type.size),
            is_big_endian: type.order == .big ? 1 : 0, nan_style: options.nanStyle,
            is_quoted: type.size == 8 && options.hasStringsForInt64 ? 1 : 0)
    }

    package init(_ type: Datatype.Float, options: ValueOptions) {
        format = lockedh5_number_format(
            number_class: LOCKEDH5_REAL, size: Int32(type.size), is_big_endian: type.order == .big ? 1 : 0,
            nan_style: options.nanStyle, is_quoted: 0)
    }

    /// Appends the numbers that follow one another in `elements`, comma separated.
    package func append(_ elements: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        // A page of text at a time; up to 32 numbers need no memory but the stack's.
        let room = min(elements.count / size, 1024) * Int(LOCKEDH5_LONGEST_NUMBER)
        withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { buffer in
            var rest = elements
            while !rest.isEmpty {
                rest = UnsafeRawBufferPointer(rebasing: rest[write(rest, into: buffer, appendTo: &text)...])
                if !rest.isEmpty { text.append(UInt8(ascii: ",")) }
            }
        }
    }

    /// Appends as many numbers as `buffer` has room for, and returns how many bytes they were stored in.
    private func write(
        _ elements: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer, appendTo text: inout [UInt8]
    ) -> Int {
        var count = elements.count / size
        let length = withUnsafePointer(to: format) { format in
            lockedh5_write_numbers(format, elements.baseAddress, &count, buffer.baseAddress, buffer.count)
        }
        text.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<length]))
        return count * size
    }
}
