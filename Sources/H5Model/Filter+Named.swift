/// The filters that have a name and options of their own.
extension Filter {
    public static let deflateID = 1
    public static let shuffleID = 2
    public static let fletcher32ID = 3
    public static let szipID = 4
    public static let nbitID = 5
    public static let scaleOffsetID = 6
    public static let lzfID = 32_000

    /// How szip codes a block: entropy coding, or nearest neighbour before it.
    public enum SzipMethod: String, Sendable, CaseIterable {
        case entropyCoding = "ec"
        case nearestNeighbour = "nn"

        /// The bit of the filter's first parameter.
        public var mask: UInt32 { self == .entropyCoding ? 4 : 32 }
    }

    /// What scaleoffset keeps of numbers.
    public enum ScaleOffset: Equatable, Sendable {
        /// So many decimal digits of floats: the error is below half of the last one.
        case digits(Int)
        /// So many bits of integers; 0 for as many as each chunk needs, which loses nothing.
        case bits(Int)
    }

    /// Deflate as zlib does it, at a level from 0 to 9.
    public static func deflate(level: Int) -> Filter {
        Filter(id: deflateID, name: "deflate", isOptional: true, parameters: [UInt32(clamping: level)])
    }

    /// The bytes of a chunk's elements, ordered by their place in the element.
    public static let shuffle = Filter(id: shuffleID, name: "shuffle", isOptional: true, parameters: [])

    /// A checksum of each chunk.
    public static let fletcher32 = Filter(id: fletcher32ID, name: "fletcher32", isOptional: false, parameters: [])

    /// Szip, in blocks of an even number of elements up to 32.
    public static func szip(_ method: SzipMethod = .nearestNeighbour, pixelsPerBlock: Int = 8) -> Filter {
        Filter(
            id: szipID, name: "szip", isOptional: true, parameters: [method.mask, UInt32(clamping: pixelsPerBlock)])
    }

    /// Only the significant bits of each number.
    public static let nbit = Filter(id: nbitID, name: "nbit", isOptional: true, parameters: [])

    /// Numbers less their chunk's least one, in few bits.
    public static func scaleOffset(_ kept: ScaleOffset) -> Filter {
        let parameters: [UInt32] =
            switch kept {
            case .digits(let count): [0, UInt32(clamping: count)]
            case .bits(let count): [2, UInt32(clamping: count)]
            }
        return Filter(id: scaleOffsetID, name: "scaleoffset", isOptional: true, parameters: parameters)
    }

    /// LZF, h5py's fast compression.
    public static let lzf = Filter(id: lzfID, name: "lzf", isOptional: true, parameters: [])
}

extension Filter {
    /// The method of szip; nil for another filter, and for parameters that name none.
    public var szipMethod: SzipMethod? {
        guard id == Self.szipID, let mask = parameters.first else { return nil }
        return SzipMethod.allCases.first { mask & $0.mask != 0 }
    }

    /// What scaleoffset keeps; nil for another filter, and for parameters that make no sense.
    public var scaleOffset: ScaleOffset? {
        guard id == Self.scaleOffsetID, parameters.count >= 2, parameters[1] <= UInt32(Int32.max) else { return nil }
        return switch parameters[0] {
        case 0: .digits(Int(parameters[1]))
        case 2: .bits(Int(parameters[1]))
        default: nil
        }
    }
}
