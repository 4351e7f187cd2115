import H5Model
import HDF5JSON
import Routes

/// The elements of a body in NPY: those of an octet-stream, whose strings end in NULs as NumPy has it.
struct NumPyElements: ValueText {
    private struct Text {
        var range: Range<Int>
        var padding: Datatype.Padding
    }

    /// Bytes of one element.
    private let size: Int
    /// The strings of an element whose padding is none of NumPy's.
    private var texts: [Text] = []

    private init(_ type: Datatype) {
        size = type.size
        append(type, at: 0)
    }

    private mutating func append(_ type: Datatype, at offset: Int) {
        switch type {
        case .string(let type) where type.padding != .nullPadded:
            texts.append(Text(range: offset..<offset + type.length, padding: type.padding))
        case .compound(let type):
            for field in type.fields { append(field.type, at: offset + field.offset) }
        case .array(let element, let shape):
            var part = NumPyElements(element)
            part.shift(by: offset)
            for _ in 0..<(part.texts.isEmpty ? 0 : shape.elementCount ?? 0) {
                texts += part.texts
                part.shift(by: element.size)
            }
        default: break
        }
    }

    private mutating func shift(by offset: Int) {
        for place in texts.indices {
            let range = texts[place].range
            texts[place].range = range.lowerBound + offset..<range.upperBound + offset
        }
    }

    /// What a body in NPY is made of.
    /// - Parameters:
    ///   - type: A packed type.
    ///   - subject: What has the values, for a message.
    /// - Throws: `not_acceptable` for what NumPy has no dtype for.
    static func section(of type: Datatype, shape: Shape, _ subject: String) throws(ServiceError) -> ValueSection {
        let description: NumPyDescription
        do throws(ServiceError) {
            description = try NumPyDescription(type)
        } catch {
            throw Representation.npy.refusal(subject, "has \(error.message), for which NumPy has no dtype")
        }
        return ValueSection(
            datatype: type, text: NumPyElements(type), elementLength: type.size,
            prefix: NumPyHeader.bytes(description, shape: shape))
    }

    func append(
        _ bytes: [UInt8], first: Int, count: Int, of shape: Shape, to text: inout [UInt8]
    ) throws(ServiceError) {
        let start = text.count
        text += bytes
        if texts.isEmpty { return }
        text.withUnsafeMutableBytes { text in
            for element in stride(from: start, to: text.count, by: size) {
                for part in texts {
                    let range = element + part.range.lowerBound..<element + part.range.upperBound
                    let string = UnsafeMutableRawBufferPointer(rebasing: text[range])
                    let kept = part.padding.trimmed(UnsafeRawBufferPointer(string)).count
                    for place in kept..<string.count { string[place] = 0 }
                }
            }
        }
    }
}
