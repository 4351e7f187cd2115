import H5Model
import HTTPMessage

/// How JSON becomes one element of a datatype as it travels, worked out once for all elements.
indirect enum ElementDecoder {
    case number(NumberDecoder)
    /// h5py's complex number: `[re, im]`.
    case complex(NumberDecoder)
    case boolean
    case enumeration(NumberDecoder, EnumNames)
    case fixedString(Datatype.FixedString)
    case variableString(Datatype.CharacterSet)
    /// So many bytes as base64.
    case opaque(Int)
    case reference(Datatype.ReferenceKind)
    /// An array as nested lists of its shape.
    case lists(Shape, ElementDecoder)
    /// A list of elements of variable number.
    case sequence(ElementDecoder)
    case compound(CompoundDecoder)

    /// - Throws: `unsupported` for a datatype whose values are not served.
    init(_ type: Datatype) throws(ServiceError) {
        if let part = type.complexPart {
            self = .complex(NumberDecoder(part))
            return
        }
        switch type {
        case .integer(let type): self = .number(NumberDecoder(type))
        case .float(let type):
            guard type.format == nil else {
                throw ServiceError(.unsupported, "floats of \(type.size) bytes are not read from JSON")
            }
            self = .number(NumberDecoder(type))
        case .enumeration(let base, let members):
            self = type.isBoolean ? .boolean : .enumeration(NumberDecoder(base), EnumNames(members, base))
        case .string(let type): self = .fixedString(type)
        case .variableString(let set, _): self = .variableString(set)
        case .compound(let type): self = .compound(try CompoundDecoder(type))
        case .opaque(let size, _): self = .opaque(size)
        case .bitfield: self = type.bitfieldNumber.map { .number(NumberDecoder($0)) } ?? .opaque(type.size)
        case .reference(let kind): self = .reference(kind)
        case .array(let element, let shape): self = .lists(shape, try ElementDecoder(element))
        case .variableLength(let element): self = .sequence(try ElementDecoder(element))
        case .other:
            throw ServiceError(.unsupported, "values of \(type.unsupportedReason ?? "this datatype") are not served")
        }
    }

    /// Appends the next element.
    func append(_ json: inout JSONReader, to bytes: inout [UInt8]) throws(JSONError) {
        switch self {
        case .number(let number): try number.append(&json, to: &bytes)
        case .complex(let part): try Self.appendComplex(&json, part, to: &bytes)
        case .boolean: bytes.append(try Self.boolean(&json) ? 1 : 0)
        case .enumeration(let number, let names):
            if try json.peek() == .string {
                bytes.append(contentsOf: try names.bytes(&json))
            } else {
                try number.append(&json, to: &bytes)
            }
        case .fixedString(let type): try StringDecoder.append(&json, as: type, to: &bytes)
        case .variableString(let set): try StringDecoder.append(&json, as: set, to: &bytes)
        case .opaque(let size): try OpaqueDecoder.append(&json, size: size, to: &bytes)
        case .reference(let kind): try ReferenceDecoder.append(&json, as: kind, to: &bytes)
        case .lists(let shape, let element): try element.append(&json, lists: shape[...], to: &bytes)
        case .sequence(let element): try element.append(sequence: &json, to: &bytes)
        case .compound(let compound): try compound.append(&json, to: &bytes)
        }
    }

    private static func appendComplex(
        _ json: inout JSONReader, _ part: NumberDecoder, to bytes: inout [UInt8]
    ) throws(JSONError) {
        let start = json.offset
        guard try json.peek() == .list else { throw json.unexpected("a complex number [re, im]") }
        try json.beginList()
        var count = 0
        while try json.nextElement() {
            try part.append(&json, to: &bytes)
            count += 1
        }
        if count != 2 { throw JSONError("a complex number [re, im] has 2 parts, not \(count),", at: start) }
    }

    private static func boolean(_ json: inout JSONReader) throws(JSONError) -> Bool {
        let start = json.offset
        switch try json.peek() {
        case .boolean: return try json.boolean()
        case .number:
            switch try json.number() {
            case .integer(0): return false
            case .integer(1): return true
            default: throw JSONError("a boolean is true, false, 0 or 1, not another number,", at: start)
            }
        default: throw json.unexpected("true, false, 0 or 1")
        }
    }

    // MARK: Where elements begin in nested lists

    /// How many lists the first number or string of an element is in.
    var listDepth: Int {
        switch self {
        case .number, .boolean, .enumeration, .fixedString, .variableString, .opaque, .reference: 0
        case .complex: 1
        case .lists(let shape, let element): shape.count + element.listDepth
        case .sequence(let element): 1 + element.listDepth
        case .compound(let compound): 1 + compound.fields[0].element.listDepth
        }
    }

    /// How many lists of an element the object with that member is in; nil where no such object belongs there.
    func objectDepth(key: [UInt8]) -> Int? {
        switch self {
        case .fixedString, .variableString: key.elementsEqual("base64".utf8) ? 0 : nil
        case .compound(let compound):
            compound.index(of: key) == nil ? compound.fields[0].element.objectDepth(key: key).map { $0 + 1 } : 0
        case .reference: ReferenceDecoder.isMember(key) ? 0 : nil
        case .lists(let shape, let element): element.objectDepth(key: key).map { $0 + shape.count }
        case .sequence(let element): element.objectDepth(key: key).map { $0 + 1 }
        case .number, .complex, .boolean, .enumeration, .opaque: nil
        }
    }
}

extension ElementDecoder {
    /// Whether an empty list can be one element.
    var takesEmptyList: Bool {
        switch self {
        case .sequence: true
        case .lists(_, let element): element.takesEmptyList
        case .compound(let compound): compound.fields[0].element.takesEmptyList
        default: false
        }
    }

    /// Appends the elements of nested lists of the shape `extents`.
    fileprivate func append(
        _ json: inout JSONReader, lists extents: ArraySlice<Int>, to bytes: inout [UInt8]
    ) throws(JSONError) {
        guard let extent = extents.first else { return try append(&json, to: &bytes) }
        let start = json.offset
        guard try json.peek() == .list else { throw json.unexpected("a list of \(extent)") }
        let rest = extents.dropFirst()
        try json.beginList()
        var count = 0
        while try json.nextElement() {
            if rest.isEmpty, case .number(let number) = self {
                count += try number.appendRun(&json, to: &bytes)
            } else {
                try append(&json, lists: rest, to: &bytes)
                count += 1
            }
            if count > extent { break }
        }
        if count != extent {
            throw JSONError(
                "the datatype has arrays with \(extent) elements, not \(count > extent ? "more" : "\(count)") as this",
                at: start)
        }
    }

    /// Appends the elements of a list behind the number of their bytes.
    fileprivate func append(sequence json: inout JSONReader, to bytes: inout [UInt8]) throws(JSONError) {
        let start = json.offset
        guard try json.peek() == .list else { throw json.unexpected("a list of any length") }
        let first = bytes.count
        bytes.append(contentsOf: [0, 0, 0, 0])
        try json.beginList()
        while try json.nextElement() {
            if case .number(let number) = self {
                _ = try number.appendRun(&json, to: &bytes)
            } else {
                try append(&json, to: &bytes)
            }
        }
        try bytes.setCount(from: first, at: start)
    }
}

extension [UInt8] {
    /// Puts the number of the bytes behind the four at `first` there.
    mutating func setCount(from first: Int, at start: Int) throws(JSONError) {
        guard let count = Int32(exactly: count - first - 4) else {
            throw JSONError("one value of 2 GiB and more", at: start, isTooLarge: true)
        }
        Swift.withUnsafeBytes(of: count.littleEndian) { replaceSubrange(first..<first + 4, with: $0) }
    }
}

/// The stored numbers of an enumeration's members.
struct EnumNames {
    private var values: [[UInt8]: [UInt8]] = [:]
    private let names: String

    init(_ members: [Datatype.EnumMember], _ base: Datatype.Integer) {
        names = members.map(\.name.description).joined(separator: ", ").abbreviated
        for member in members {
            let little = withUnsafeBytes(of: member.value.littleEndian) { Array($0[..<base.size]) }
            values[member.name.bytes] = base.order == .big ? little.reversed() : little
        }
    }

    /// The number of the member whose name is next.
    func bytes(_ json: inout JSONReader) throws(JSONError) -> [UInt8] {
        let start = json.offset
        let name = try json.string()
        guard let value = values[name] else {
            let text = String(decoding: name, as: UTF8.self).abbreviated
            throw JSONError("\"\(text)\" is no member of the enumeration, which has \(names),", at: start)
        }
        return value
    }
}
