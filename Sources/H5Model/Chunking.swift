#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The shape of chunks for those who do not choose one.
public enum Chunking {
    private static let base = 16.0 * 1024
    private static let least = 8.0 * 1024
    private static let most = 1024.0 * 1024

    /// The shape that h5py takes: axes are halved in turn until a chunk's bytes are near a target, which grows slowly with
    /// the dataset.
    /// - Parameters:
    ///   - shape: Of rank 1 at least; an extent of 0 counts as 1024.
    ///   - itemSize: Bytes of an element in h5py's memory.
    public static func guess(shape: Shape, itemSize: Int) -> Shape {
        var extents = shape.map { $0 == 0 ? 1024 : Double($0) }
        let target = targetSize(bytes(extents, itemSize))
        var axis = 0
        while isTooLarge(bytes(extents, itemSize), target), extents.contains(where: { $0 > 1 }) {
            extents[axis] = (extents[axis] / 2).rounded(.up)
            axis = (axis + 1) % extents.count
        }
        return extents.map { Int($0) }
    }

    private static func bytes(_ extents: [Double], _ itemSize: Int) -> Double {
        extents.reduce(1, *) * Double(itemSize)
    }

    private static func targetSize(_ total: Double) -> Double {
        min(max(base * pow(2, log10(total / (1024 * 1024))), least), most)
    }

    // Small enough is: below the target or within half of it, and below the limit in any case.
    private static func isTooLarge(_ size: Double, _ target: Double) -> Bool {
        let isNear = size < target || abs(size - target) / target < 0.5
        return !isNear || size >= most
    }
}

extension Datatype {
    /// Bytes of one element in h5py's memory, which decide on the chunks that it guesses: variable-length parts and
    /// references are pointers there.
    var guessingSize: Int {
        switch self {
        case .variableString, .variableLength, .reference: 8
        case .array(let element, let shape): element.guessingSize * (shape.elementCount ?? 0)
        case .compound(let type): type.size - type.fields.reduce(0) { $0 + $1.type.size - $1.type.guessingSize }
        default: size
        }
    }
}
