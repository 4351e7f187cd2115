import H5Model
import HDF5JSON

/// Elements of an array of NumPy's as those of a packed datatype.
struct ElementCast {
    private indirect enum Part {
        case copy(Int)
        case numbers(NumberCast, count: Int)
        /// A string of so many bytes, of fixed length or behind its count.
        case text(Int, Datatype.FixedString)
        case counted(Int, Datatype.CharacterSet)
        case array(Part, stride: Int, count: Int)
        case row([(offset: Int, part: Part)])
    }

    private let part: Part
    /// What makes the elements those of the other type, where the types differ in byte orders only.
    private let change: ByteOrderChange?
    /// Bytes of an element of the array.
    let size: Int
    /// Whether elements stay as they are.
    let isIdentity: Bool

    /// - Throws: `invalid` where one type's elements are none of the other's, in words.
    init(from own: Datatype, to type: Datatype) throws(ServiceError) {
        part = try Self.part(own, type)
        size = own.size
        isIdentity = own == type
        let isAlike = own == own.packed() && own.packed(order: .little) == type.packed(order: .little)
        change = isAlike ? ByteOrderChange(from: own, to: type) : nil
    }

    private static func part(_ own: Datatype, _ type: Datatype) throws(ServiceError) -> Part {
        if let part = own.complexPart, let wanted = type.complexPart,
            let cast = NumberCast(.float(part), to: .float(wanted))
        {
            return .numbers(cast, count: 2)
        }
        switch (own, type) {
        case (.compound(let own), .compound(let type)): return try row(own, type)
        case (_, .compound(let type)) where type.fields.count == 1: return try part(own, type.fields[0].type)
        case (.array, .array):
            let (inner, wanted) = (own.innermost, type.innermost)
            guard inner.shape == wanted.shape else { break }
            return .array(
                try part(inner.element, wanted.element), stride: inner.element.size,
                count: inner.shape.elementCount ?? 0)
        case (.string(let own), .string(let type)): return own == type ? .copy(own.length) : .text(own.length, type)
        case (.string(let own), .variableString(let set, _)): return .counted(own.length, set)
        case (.opaque(let size, let tag), .opaque(let wantedSize, let wanted))
        where size == wantedSize && (tag == wanted || tag.isEmpty):
            return .copy(size)
        default: break
        }
        if own == type || own.isBoolean && type.isBoolean { return .copy(type.size) }
        guard !type.isBoolean, let source = own.number, let target = type.number,
            let cast = NumberCast(source, to: target)
        else { throw misfit(own, type) }
        return source == target ? .copy(type.size) : .numbers(cast, count: 1)
    }

    private static func row(_ own: Datatype.Compound, _ type: Datatype.Compound) throws(ServiceError) -> Part {
        let sources = Dictionary(own.fields.map { ($0.name, $0) }) { first, _ in first }
        let wanted = Set(type.fields.map(\.name))
        if let extra = own.fields.first(where: { !wanted.contains($0.name) }) {
            throw ServiceError(.invalid, "the array has a field \"\(extra.name)\", which is none of those to write")
        }
        var parts: [(offset: Int, part: Part)] = []
        for field in type.fields {
            guard let source = sources[field.name] else {
                throw ServiceError(.invalid, "the array has no field \"\(field.name)\"")
            }
            parts.append((source.offset, try part(source.type, field.type)))
        }
        return .row(parts)
    }

    private static func misfit(_ own: Datatype, _ type: Datatype) -> ServiceError {
        let types = [own, type].map(ValueFields.description)
        return ServiceError(
            .invalid,
            "elements of the array's dtype \(types[0]) are not made into \(types[1]): integers go into integers and floats, "
                + "floats into floats, strings into strings")
    }

    /// The elements that follow one another in `bytes`.
    /// - Throws: `invalid` for a number or a string that does not fit.
    func apply(_ bytes: UnsafeRawBufferPointer) throws(ServiceError) -> [UInt8] {
        if let change { return try change.apply(bytes) }
        var cast: [UInt8] = []
        cast.reserveCapacity(bytes.count)
        if case .numbers(let numbers, _) = part {
            try numbers.append(bytes, to: &cast)
        } else {
            for place in stride(from: 0, to: bytes.count, by: size) {
                try Self.append(part, UnsafeRawBufferPointer(rebasing: bytes[place...]), to: &cast)
            }
        }
        return cast
    }

    /// - Parameter bytes: They begin with the element.
    private static func append(
        _ part: Part, _ bytes: UnsafeRawBufferPointer, to cast: inout [UInt8]
    ) throws(ServiceError) {
        switch part {
        case .copy(let size): cast.append(contentsOf: bytes[..<size])
        case .numbers(let numbers, let count):
            let own = UnsafeRawBufferPointer(rebasing: bytes[..<(count * numbers.source.size)])
            try numbers.append(own, to: &cast)
        case .text(let length, let type): try StringCast.append(bytes[..<length], as: type, to: &cast)
        case .counted(let length, let set): try StringCast.append(bytes[..<length], as: set, to: &cast)
        case .array(let part, let stride, let count):
            for place in 0..<count {
                try append(part, UnsafeRawBufferPointer(rebasing: bytes[(place * stride)...]), to: &cast)
            }
        case .row(let fields):
            for field in fields {
                try append(field.part, UnsafeRawBufferPointer(rebasing: bytes[field.offset...]), to: &cast)
            }
        }
    }
}

extension Datatype {
    /// The elements of an array, which may be one of arrays, and their extents; of anything else the type itself.
    var innermost: (element: Datatype, shape: Shape) {
        guard case .array(let element, let shape) = self else { return (self, []) }
        let inner = element.innermost
        return (inner.element, shape + inner.shape)
    }

    /// The number that a value is; nil where it is none, or one without a fixed format.
    fileprivate var number: NumberCast.Number? {
        switch self {
        case .integer(let type), .enumeration(let type, _): .integer(type)
        case .bitfield: bitfieldNumber.map { .integer($0) }
        case .float(let type): type.format == nil ? .float(type) : nil
        default: nil
        }
    }
}

/// Strings that end in NULs, in the datatypes of HDF5.
private enum StringCast {
    static func append(
        _ bytes: Slice<UnsafeRawBufferPointer>, as type: Datatype.FixedString, to cast: inout [UInt8]
    ) throws(ServiceError) {
        let text = try text(bytes, isASCII: type.characterSet == .ascii && type.padding != .nullPadded)
        let room = type.padding == .nullTerminated ? type.length - 1 : type.length
        guard text.count <= room else {
            throw ServiceError(
                .invalid, "a string of \(text.count) bytes in the array does not fit the datatype's \(room)")
        }
        if type.padding == .nullTerminated { try refuseNUL(text) }
        cast.append(contentsOf: text)
        let padding: UInt8 = type.padding == .spacePadded ? UInt8(ascii: " ") : 0
        cast.append(contentsOf: repeatElement(padding, count: type.length - text.count))
    }

    static func append(
        _ bytes: Slice<UnsafeRawBufferPointer>, as set: Datatype.CharacterSet, to cast: inout [UInt8]
    ) throws(ServiceError) {
        let text = try text(bytes, isASCII: set == .ascii)
        try refuseNUL(text)
        withUnsafeBytes(of: Int32(text.count).littleEndian) { cast.append(contentsOf: $0) }
        cast.append(contentsOf: text)
    }

    private static func text(
        _ bytes: Slice<UnsafeRawBufferPointer>, isASCII: Bool
    ) throws(ServiceError) -> UnsafeRawBufferPointer {
        let text = Datatype.Padding.nullPadded.trimmed(UnsafeRawBufferPointer(rebasing: bytes))
        if isASCII, text.contains(where: { $0 >= 0x80 }) {
            throw ServiceError(
                .invalid,
                "a string in the array has text beyond ASCII, to which the datatype's character set is limited")
        }
        return text
    }

    private static func refuseNUL(_ text: UnsafeRawBufferPointer) throws(ServiceError) {
        if text.contains(0) {
            throw ServiceError(.invalid, "a string in the array has a NUL inside, which would end it there")
        }
    }
}
