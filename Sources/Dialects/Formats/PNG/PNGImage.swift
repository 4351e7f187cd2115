import CPng
import H5Model

/// Pixels as a PNG file.
struct PNGImage {
    /// The largest side of an image, in pixels.
    static let largestSide = 2048

    let width: Int
    let height: Int
    /// For each pixel, row by row from the top, the number of its colour.
    var pixels: [UInt8]
    /// Red, green, blue and opacity of each colour, at most 256.
    let colours: [[UInt8]]

    init(width: Int, height: Int, colours: [[UInt8]]) {
        self.width = width
        self.height = height
        self.colours = colours
        pixels = Array(repeating: 0, count: width * height)
    }

    /// The corresponding C function is `png_image_write_to_memory`.
    /// - Throws: `internal` where libpng refuses.
    func file() throws(ServiceError) -> [UInt8] {
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        image.width = png_uint_32(width)
        image.height = png_uint_32(height)
        image.format = lockedh5_png_palette
        image.colormap_entries = png_uint_32(colours.count)
        image.flags = lockedh5_png_fast
        // More than rows that cannot be compressed take, with their headers.
        var count = (width + 1) * height * 9 / 8 + 4096
        var file: [UInt8] = Array(repeating: 0, count: count)
        let isWritten = png_image_write_to_memory(
            &image, &file, &count, 0, pixels, png_int_32(width), colours.flatMap { $0 })
        guard isWritten != 0, image.warning_or_error & 2 == 0 else {
            let message = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            throw ServiceError(.internal, "the picture cannot be written: \(message)")
        }
        return Array(file[..<count])
    }
}
