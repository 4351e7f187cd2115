extension Filter {
    public static let deflateID = 1
    public static let shuffleID = 2
    public static let fletcher32ID = 3
    public static let scaleOffsetID = 6

    /// Deflate as zlib does it, at a level from 0 to 9.
    public static func deflate(level: Int) -> Filter {
        Filter(id: deflateID, name: "deflate", isOptional: true, parameters: [UInt32(clamping: level)])
    }

    /// The bytes of a chunk's elements, ordered by their place in the element.
    public static let shuffle = Filter(id: shuffleID, name: "shuffle", isOptional: true, parameters: [])

    /// A checksum of each chunk.
    public static let fletcher32 = Filter(id: fletcher32ID, name: "fletcher32", isOptional: false, parameters: [])

    /// Throws where the filter makes no sense for values of `datatype`, or has wrong parameters.
    func check(_ datatype: Datatype) throws(ServiceError) {
        guard (1...0xffff).contains(id) else {
            throw ServiceError(.invalid, "a filter's number is between 1 and 65535, not \(id)")
        }
        switch id {
        case Self.deflateID:
            guard parameters.count == 1, parameters[0] <= 9 else {
                throw ServiceError(.invalid, "deflate has one parameter, its level from 0 to 9")
            }
        case Self.fletcher32ID:
            if datatype.isVariableLength {
                throw ServiceError(.invalid, "fletcher32 is for values of fixed size; these have a variable length")
            }
        case Self.scaleOffsetID:
            try checkScaleOffset(datatype)
        default:
            if datatype.isVariableLength, !isOptional {
                throw ServiceError(.invalid, "only an optional filter can be used for values of a variable length")
            }
        }
    }

    /// libhdf5 would leave the filter out where it cannot be applied.
    private func checkScaleOffset(_ datatype: Datatype) throws(ServiceError) {
        let method: UInt32? =
            switch datatype {
            case .float(let type): type.size == 2 ? nil : 0
            case .integer, .enumeration: 2
            default: nil
            }
        guard let method else {
            throw ServiceError(.invalid, "scaleoffset is for integers and for floats of 4 or 8 bytes")
        }
        guard parameters.count >= 2, parameters[0] == method, Int32(bitPattern: parameters[1]) >= 0 else {
            throw ServiceError(
                .invalid,
                "scaleoffset has two parameters here: \(method), and a number of "
                    + (method == 2 ? "bits (0 for as many as are needed)" : "decimal digits"))
        }
    }
}

extension Datatype {
    /// Whether an element is a reference to the heap as a whole, for which libhdf5 takes optional filters only.
    fileprivate var isVariableLength: Bool {
        switch self {
        case .variableString, .variableLength: true
        default: false
        }
    }
}
