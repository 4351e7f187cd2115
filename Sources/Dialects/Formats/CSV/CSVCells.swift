import H5Model
import HDF5JSON
import HTTPMessage

/// How one element of a datatype becomes cells of a table, worked out once for all elements.
indirect enum CSVCells {
    /// Numbers that follow one another, a cell each.
    case numbers(NumberText, count: Int)
    /// h5py's complex number, as Python writes it.
    case complex(NumberText)
    case boolean
    case fixedString(length: Int, Datatype.Padding)
    case variableString
    /// Bytes as base64.
    case opaque(Int)
    case reference
    case row([CSVCells])
    /// The elements of an array.
    case repeated(CSVCells, count: Int)

    /// - Throws: `not_acceptable` with what has no cell; `unsupported` for a datatype whose values are not served.
    init(_ type: Datatype, options: ValueOptions) throws(ServiceError) {
        if let part = type.complexPart {
            self = .complex(NumberText(part, options: options))
            return
        }
        switch type {
        case .integer(let type): self = .numbers(NumberText(type, options: options), count: 1)
        case .float(let type): self = .numbers(NumberText(type, options: options), count: 1)
        case .enumeration(let base, _):
            self = type.isBoolean ? .boolean : .numbers(NumberText(base, options: options), count: 1)
        case .string(let type): self = .fixedString(length: type.length, type.padding)
        case .variableString: self = .variableString
        case .compound(let compound):
            var fields: [CSVCells] = []
            for field in compound.fields { fields.append(try CSVCells(field.type, options: options)) }
            self = .row(fields)
        case .opaque(let size, _): self = .opaque(size)
        case .bitfield:
            let number = type.bitfieldNumber
            self = number.map { .numbers(NumberText($0, options: options), count: 1) } ?? .opaque(type.size)
        case .reference: self = .reference
        case .array:
            let (element, shape) = type.innermost
            let count = shape.elementCount ?? 0
            let cells = try CSVCells(element, options: options)
            if case .numbers(let number, _) = cells {
                self = .numbers(number, count: count)
            } else {
                self = .repeated(cells, count: count)
            }
        case .variableLength: throw ServiceError(.notAcceptable, "lists of variable length")
        case .other:
            throw ServiceError(.unsupported, "values of \(type.unsupportedReason ?? "this datatype") are not served")
        }
    }

    /// Appends the cells of the next element, comma separated.
    func append(_ elements: inout ElementReader, to text: inout [UInt8]) throws(ServiceError) {
        switch self {
        case .numbers(let number, let count): number.append(try elements.take(count * number.size), to: &text)
        case .complex(let part): try Self.append(complex: part, &elements, to: &text)
        case .boolean: text += (try elements.take(1)[0] != 0 ? "true" : "false").utf8
        case .fixedString(let length, let padding):
            Self.append(quoted: padding.trimmed(try elements.take(length)), to: &text)
        case .variableString: Self.append(quoted: try elements.takeCounted(), to: &text)
        case .opaque(let size): text += Base64.encode(try elements.take(size))
        case .reference: try Self.append(reference: elements.takeCounted(), to: &text)
        case .row(let cells):
            for (place, cell) in cells.enumerated() {
                if place > 0 { text.append(UInt8(ascii: ",")) }
                try cell.append(&elements, to: &text)
            }
        case .repeated(let cells, let count): try cells.append(count, of: &elements, to: &text)
        }
    }

    /// Appends the cells of the next `count` elements, comma separated.
    func append(_ count: Int, of elements: inout ElementReader, to text: inout [UInt8]) throws(ServiceError) {
        if case .numbers(let number, let each) = self {
            return number.append(try elements.take(count * each * number.size), to: &text)
        }
        for place in 0..<count {
            if place > 0 { text.append(UInt8(ascii: ",")) }
            try append(&elements, to: &text)
        }
    }

    /// Python's `1.0+2.0j`.
    private static func append(
        complex part: NumberText, _ elements: inout ElementReader, to text: inout [UInt8]
    ) throws(ServiceError) {
        part.append(try elements.take(part.size), to: &text)
        let place = text.count
        part.append(try elements.take(part.size), to: &text)
        if text[place] != UInt8(ascii: "-") { text.insert(UInt8(ascii: "+"), at: place) }
        text.append(UInt8(ascii: "j"))
    }

    private static func append(
        reference bytes: UnsafeRawBufferPointer, to text: inout [UInt8]
    ) throws(ServiceError) {
        // A region's select expressions stand in brackets behind the path.
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        var path = Array(parts[0])
        if parts.count > 1 { path += [UInt8(ascii: "[")] + parts[1] + [UInt8(ascii: "]")] }
        path.withUnsafeBytes { append(quoted: $0, to: &text) }
    }

    /// Appends a string, in quotation marks where it needs them (RFC 4180, 2); an empty one always, since readers skip
    /// empty lines.
    static func append(quoted bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        let mark = UInt8(ascii: "\"")
        let needsMarks: (UInt8) -> Bool = { $0 == mark || $0 == UInt8(ascii: ",") || $0 == 0x0A || $0 == 0x0D }
        guard bytes.isEmpty || bytes.contains(where: needsMarks) else { return text.append(contentsOf: bytes) }
        text.append(mark)
        for byte in bytes {
            if byte == mark { text.append(mark) }
            text.append(byte)
        }
        text.append(mark)
    }
}
