internal import CHDF5
internal import Glibc

/// The filter that h5py calls `lzf`, for reading where the distribution's plug-in for it is not there.
enum LZFFilter {
    static let id = 32000

    /// Registers the filter with libhdf5.
    static func register() throws(HDF5Error) {
        var filter = H5Z_class2_t()
        filter.version = H5Z_CLASS_T_VERS
        filter.id = H5Z_filter_t(id)
        filter.encoder_present = 0
        filter.decoder_present = 1
        filter.filter = decodeChunk
        // libhdf5 copies the description, but not the name.
        filter.name = UnsafePointer(strdup("lzf"))
        try check(H5Zregister(&filter), "registering the lzf filter")
    }

    /// Decodes `input` into `output` from its beginning.
    /// - Returns: Bytes of output; nil where the input makes no sense or does not fit.
    static func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        var place = 0
        var end = 0
        func next() -> Int? {
            guard place < input.count else { return nil }
            defer { place += 1 }
            return Int(input[place])
        }
        while let control = next() {
            if control < 32 {
                let count = control + 1
                guard count <= input.count - place, count <= output.count - end else { return nil }
                UnsafeMutableRawBufferPointer(rebasing: output[end..<end + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[place..<place + count]))
                place += count
                end += count
                continue
            }
            var count = control >> 5 + 2
            if control >> 5 == 7 {
                guard let more = next() else { return nil }
                count += more
            }
            guard let low = next(), case let distance = (control & 31) << 8 + low + 1, distance <= end,
                count <= output.count - end
            else { return nil }
            // One by one: the source may overlap what is being written, which repeats it.
            for index in end..<end + count { output[index] = output[index - distance] }
            end += count
        }
        return end
    }
}

private func decodeChunk(
    flags: UInt32, parameterCount: Int, parameters: UnsafePointer<UInt32>?, count: Int,
    capacity: UnsafeMutablePointer<Int>?, buffer: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int {
    // The third parameter is the size of a whole chunk. 0 is a filter's way to fail.
    guard flags & UInt32(H5Z_FLAG_REVERSE) != 0, parameterCount >= 3, let parameters, let capacity, let buffer,
        case let size = Int(parameters[2]), size > 0, let output = H5allocate_memory(size, false)
    else { return 0 }
    let decoded = LZFFilter.decode(
        UnsafeRawBufferPointer(start: buffer.pointee, count: count),
        into: UnsafeMutableRawBufferPointer(start: output, count: size))
    guard let decoded else {
        H5free_memory(output)
        return 0
    }
    H5free_memory(buffer.pointee)
    buffer.pointee = output
    capacity.pointee = size
    return decoded
}
