extension Filter {
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
        case Self.szipID:
            try checkSzip(datatype)
        case Self.scaleOffsetID:
            try checkScaleOffset(datatype)
        default:
            if datatype.isVariableLength, !isOptional {
                throw ServiceError(.invalid, "only an optional filter can be used for values of a variable length")
            }
        }
    }

    private func checkSzip(_ datatype: Datatype) throws(ServiceError) {
        guard datatype.isSzipped else {
            throw ServiceError(.invalid, "szip is for numbers and bitfields of 1, 2, 4 or 8 bytes")
        }
        guard parameters.count >= 2, szipMethod != nil, (2...32).contains(parameters[1]), parameters[1] % 2 == 0 else {
            throw ServiceError(
                .invalid, "szip has a method, \"ec\" or \"nn\", and an even number of pixels per block from 2 to 32")
        }
    }

    /// libhdf5 would leave the filter out where it cannot be applied.
    private func checkScaleOffset(_ datatype: Datatype) throws(ServiceError) {
        switch (datatype, scaleOffset) {
        case (.integer(let type), .bits(let bits)):
            if bits > 8 * type.size {
                throw ServiceError(.invalid, "scaleoffset cannot keep \(bits) bits of an integer of \(8 * type.size)")
            }
        case (.float(let type), .digits):
            if type.size == 4 || type.size == 8 { break }
            throw ServiceError(.invalid, "scaleoffset is for floats of 4 or 8 bytes, not \(type.size)")
        case (.integer, _):
            throw ServiceError(
                .invalid,
                "scaleoffset of integers has the parameters 2 and a number of bits, which is 0 for as many as are needed"
            )
        case (.float, _):
            throw ServiceError(.invalid, "scaleoffset of floats has the parameters 0 and a number of decimal digits")
        default:
            throw ServiceError(.invalid, "scaleoffset is for integers and for floats of 4 or 8 bytes")
        }
    }
}

extension [Filter] {
    private static var most: Int { 32 }
    private static var ofElements: [Int: String] { [Filter.nbitID: "nbit", Filter.scaleOffsetID: "scaleoffset"] }

    /// Throws where the filters make no sense for values of `datatype`, or exclude one another.
    func check(_ datatype: Datatype) throws(ServiceError) {
        guard count <= Self.most else {
            throw ServiceError(.invalid, "a dataset has at most \(Self.most) filters, not \(count)")
        }
        for filter in self { try filter.check(datatype) }
        if contains(where: { $0.id == Filter.scaleOffsetID }), contains(where: { $0.id == Filter.fletcher32ID }) {
            throw ServiceError(.invalid, "fletcher32 cannot be used with scaleoffset, which may lose digits")
        }
        for filter in dropFirst() {
            guard let name = Self.ofElements[filter.id] else { continue }
            throw ServiceError(.invalid, "\(name) works on elements, and so comes before all other filters")
        }
        if hasSzipOfOtherBytes {
            throw ServiceError(
                .invalid, "szip compresses the bytes of whole elements: only shuffle can come before it")
        }
    }

    /// Whether szip gets another number of bytes than a chunk's elements have.
    ///
    /// The szip library takes their number for granted: libaec 1.0.6 writes behind its buffer where there are others.
    package var hasSzipOfOtherBytes: Bool {
        guard let place = firstIndex(where: { $0.id == Filter.szipID }) else { return false }
        return self[..<place].contains { $0.id != Filter.shuffleID }
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

    /// Whether libhdf5 makes pixels of the elements.
    fileprivate var isSzipped: Bool {
        switch self {
        case .integer, .float, .enumeration, .bitfield: [1, 2, 4, 8].contains(size)
        default: false
        }
    }
}
