import H5Model
import HDF5JSON
import Routes

/// The elements of a body in NPY: those of an octet-stream, whose strings end in NULs as NumPy has it.
struct NumPyElements: ValueText {
    /// Where an element has strings whose padding is none of NumPy's.
    private indirect enum Part {
        case text(Datatype.FixedString)
        case array(Part, count: Int, stride: Int)
        case row([(offset: Int, part: Part)])

        /// Nil where there are none.
        init?(_ type: Datatype) {
            switch type {
            case .string(let type) where type.padding != .nullPadded:
                self = .text(type)
            case .array(let element, let shape):
                guard let part = Part(element) else { return nil }
                self = .array(part, count: shape.elementCount ?? 0, stride: element.size)
            case .compound(let type):
                let parts = type.fields.compactMap { field in Part(field.type).map { (field.offset, $0) } }
                if parts.isEmpty { return nil }
                self = .row(parts)
            default:
                return nil
            }
        }

        /// Pads the strings with NULs.
        /// - Parameter bytes: They begin with the element.
        func pad(_ bytes: UnsafeMutableRawBufferPointer) {
            switch self {
            case .text(let type):
                let string = UnsafeRawBufferPointer(rebasing: bytes[..<type.length])
                for place in type.padding.trimmed(string).count..<type.length { bytes[place] = 0 }
            case .array(let part, let count, let stride):
                for place in 0..<count { part.pad(UnsafeMutableRawBufferPointer(rebasing: bytes[(place * stride)...])) }
            case .row(let parts):
                for (offset, part) in parts { part.pad(UnsafeMutableRawBufferPointer(rebasing: bytes[offset...])) }
            }
        }
    }

    /// Bytes of one element.
    private let size: Int
    private let part: Part?

    private init(_ type: Datatype) {
        size = type.size
        part = Part(type)
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
        guard let part else { return }
        text.withUnsafeMutableBytes { text in
            for element in stride(from: start, to: text.count, by: size) {
                part.pad(UnsafeMutableRawBufferPointer(rebasing: text[element...]))
            }
        }
    }
}
