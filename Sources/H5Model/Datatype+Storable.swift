extension Datatype {
    /// Bytes of an element must fit the four bytes in which HDF5 keeps them.
    private static let largestSize = Int(UInt32.max)
    /// Deeper ones are not read either.
    private static let depthLimit = 60
    /// With its NUL, in the byte in which HDF5 keeps it.
    private static let longestTag = 255

    /// Throws where no file can hold this type, or nothing here could read it.
    /// - Returns: Bytes of one element.
    /// - Throws: `invalid`, `unsupported`, `too_large`.
    @discardableResult
    public func checkStorable() throws(ServiceError) -> Int {
        try storedSize(depth: 0)
    }

    private func storedSize(depth: Int) throws(ServiceError) -> Int {
        if depth > Self.depthLimit {
            throw ServiceError(.unsupported, "the datatype is nested more than \(Self.depthLimit) deep")
        }
        let size = try elementSize(depth)
        guard size > 0 else { throw ServiceError(.invalid, "a \(className) of 0 bytes cannot be stored") }
        guard size <= Self.largestSize else {
            throw ServiceError(.tooLarge, "a \(className) of \(size) bytes cannot be stored; the most is 4 GiB - 1")
        }
        return size
    }

    private func elementSize(_ depth: Int) throws(ServiceError) -> Int {
        switch self {
        case .integer(let type): try type.check()
        case .float(let type):
            guard [2, 4, 8].contains(type.size), type.format == nil else {
                throw ServiceError(
                    .unsupported, "\(type.size)-byte floats are not made; IEEE 754 has those of 2, 4 and 8 bytes")
            }
        case .bitfield(let size, _):
            guard [1, 2, 4, 8].contains(size) else {
                throw ServiceError(.unsupported, "\(size)-byte bitfields are not supported")
            }
        case .enumeration(let base, let members): try base.check(members)
        case .compound(let type): try type.check { type throws(ServiceError) in try type.storedSize(depth: depth + 1) }
        case .array(let element, let shape):
            return try Self.arraySize(try element.storedSize(depth: depth + 1), shape)
        case .variableLength(let element): _ = try element.storedSize(depth: depth + 1)
        case .opaque(_, let tag):
            guard tag.utf8.count <= Self.longestTag, !tag.utf8.contains(0) else {
                throw ServiceError(.invalid, "an opaque datatype's tag has at most \(Self.longestTag) bytes and no NUL")
            }
        case .other(let name, let size):
            throw ServiceError(.unsupported, "datatypes of \(size)-byte \(name) are not supported")
        case .string, .variableString, .reference: break
        }
        return max(size, 0)
    }

    private static func arraySize(_ element: Int, _ shape: Shape) throws(ServiceError) -> Int {
        guard (1...Dataspace.largestRank).contains(shape.count), shape.allSatisfy({ $0 > 0 }) else {
            throw ServiceError(.invalid, "an array datatype has 1 to 32 dimensions of at least 1, not \(shape)")
        }
        guard let count = shape.elementCount,
            case let (size, overflow) = count.multipliedReportingOverflow(by: element),
            !overflow
        else { throw ServiceError(.tooLarge, "an array datatype of shape \(shape) has more bytes than can be counted") }
        return size
    }

    /// The class for a message.
    private var className: String {
        switch self {
        case .integer: "integer"
        case .float: "float"
        case .string, .variableString: "string"
        case .enumeration: "enumeration"
        case .compound: "compound"
        case .array: "datatype of arrays"
        case .variableLength: "variable-length datatype"
        case .opaque: "datatype of opaque bytes"
        case .bitfield: "bitfield"
        case .reference: "reference"
        case .other(let name, _): name
        }
    }
}

extension Datatype.Integer {
    fileprivate func check() throws(ServiceError) {
        guard [1, 2, 4, 8].contains(size) else {
            throw ServiceError(.unsupported, "\(size)-byte integers are not supported")
        }
        guard let bits else { return }
        guard bits.precision > 0, bits.offset >= 0, bits.precision <= 8 * size,
            bits.offset <= 8 * size - bits.precision
        else {
            throw ServiceError(
                .invalid, "\(bits.precision) bits from bit \(bits.offset) on do not fit an integer of \(size) bytes")
        }
    }

    fileprivate func check(_ members: [Datatype.EnumMember]) throws(ServiceError) {
        try check()
        if members.isEmpty { throw ServiceError(.invalid, "an enumeration needs at least one member") }
        var names: Set<HDF5Name> = []
        var values: Set<Int64> = []
        for member in members {
            try member.name.check("the name of an enumeration's member")
            guard names.insert(member.name).inserted else {
                throw ServiceError(.invalid, "the enumeration has two members \"\(member.name)\"")
            }
            guard values.insert(member.value).inserted else {
                throw ServiceError(.invalid, "the enumeration has two members of the value \(member.value)")
            }
            guard holds(member.value) else {
                throw ServiceError(
                    .invalid, "the enumeration's integer cannot hold \"\(member.name)\" = \(member.value)")
            }
        }
    }

    /// Whether the bit pattern is a number of this type.
    private func holds(_ value: Int64) -> Bool {
        let width = bits?.precision ?? 8 * size
        if width == 64 { return true }
        return isSigned ? value >> (width - 1) == value >> 63 : value >= 0 && value >> width == 0
    }
}

extension Datatype.Compound {
    fileprivate func check(_ sizeOf: (Datatype) throws(ServiceError) -> Int) throws(ServiceError) {
        if fields.isEmpty { throw ServiceError(.invalid, "a compound needs at least one field") }
        var names: Set<HDF5Name> = []
        var end = 0
        for field in fields.sorted(by: { $0.offset < $1.offset }) {
            try field.name.check("a field's name")
            guard names.insert(field.name).inserted else {
                throw ServiceError(.invalid, "the compound has two fields \"\(field.name)\"")
            }
            guard field.offset >= end else {
                throw ServiceError(.invalid, "field \"\(field.name)\" at byte \(field.offset) overlaps another one")
            }
            let fieldSize = try sizeOf(field.type)
            guard field.offset <= size, fieldSize <= size - field.offset else {
                throw ServiceError(
                    .invalid, "field \"\(field.name)\" reaches over the end of the compound, which has \(size) bytes")
            }
            end = field.offset + fieldSize
        }
    }
}
