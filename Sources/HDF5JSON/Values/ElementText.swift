import H5Model
import HTTPMessage

/// How one element of a datatype becomes JSON text, worked out once for all elements.
indirect enum ElementText {
    case number(NumberText)
    /// h5py's complex number: `[re, im]`.
    case complex(NumberText)
    case boolean
    case fixedString(length: Int, Datatype.Padding)
    case variableString
    /// Bytes as base64.
    case opaque(Int)
    case reference
    /// An array as nested lists of its shape.
    case lists(NestedLists, count: Int, ElementText)
    /// Elements of variable number as a list.
    case sequence(ElementText)
    /// A compound as an object.
    case object([(key: [UInt8], element: ElementText)])
    /// A compound as an array.
    case array([ElementText])
    /// One field of a compound, bare.
    case column([ElementText], chosen: Int)

    /// - Throws: `unsupported` for a datatype whose values are not served.
    init(_ type: Datatype, options: ValueOptions) throws(ServiceError) {
        if let part = type.complexPart {
            self = .complex(NumberText(part, options: options))
            return
        }
        switch type {
        case .integer(let type): self = .number(NumberText(type, options: options))
        case .float(let type): self = .number(NumberText(type, options: options))
        case .enumeration(let base, _):
            self = type.isBoolean ? .boolean : .number(NumberText(base, options: options))
        case .string(let type): self = .fixedString(length: type.length, type.padding)
        case .variableString: self = .variableString
        case .compound(let type): self = try Self.compound(type, options: options)
        case .opaque(let size, _): self = .opaque(size)
        case .bitfield:
            let number = type.bitfieldNumber
            self = number.map { .number(NumberText($0, options: options)) } ?? .opaque(type.size)
        case .reference: self = .reference
        case .array(let element, let shape):
            let element = try ElementText(element, options: options)
            self = .lists(NestedLists(shape: shape), count: shape.elementCount ?? 0, element)
        case .variableLength(let element): self = .sequence(try ElementText(element, options: options))
        case .other:
            throw ServiceError(.unsupported, "values of \(type.unsupportedReason ?? "this datatype") are not served")
        }
    }

    private static func compound(
        _ type: Datatype.Compound, options: ValueOptions
    ) throws(ServiceError) -> ElementText {
        let elements = try fields(of: type, options: options)
        if options.rows == .array { return .array(elements) }
        return .object(zip(type.fields, elements).map { (JSONText.key($0.name), $1) })
    }

    /// The texts of a compound's fields.
    /// - Throws: `unsupported` for a field whose values are not served, and for a compound without fields.
    static func fields(
        of type: Datatype.Compound, options: ValueOptions
    ) throws(ServiceError) -> [ElementText] {
        if type.fields.isEmpty {
            throw ServiceError(.unsupported, "values of compounds without fields are not served")
        }
        var elements: [ElementText] = []
        for field in type.fields {
            elements.append(try ElementText(field.type, options: options))
        }
        return elements
    }

    /// Appends the next element's text.
    func append(_ elements: inout ElementReader, to text: inout [UInt8]) throws(ServiceError) {
        switch self {
        case .number(let number): number.append(try elements.take(number.size), to: &text)
        case .complex(let part):
            text.append(UInt8(ascii: "["))
            part.append(try elements.take(2 * part.size), to: &text)
            text.append(UInt8(ascii: "]"))
        case .boolean:
            let isTrue = try elements.take(1)[0] != 0
            text.append(contentsOf: (isTrue ? "true" : "false").utf8)
        case .fixedString(let length, let padding):
            JSONText.append(padding.trimmed(try elements.take(length)), to: &text)
        case .variableString: JSONText.append(try elements.takeCounted(), to: &text)
        case .opaque(let size):
            text.append(UInt8(ascii: "\""))
            text.append(contentsOf: Base64.encode(try elements.take(size)))
            text.append(UInt8(ascii: "\""))
        case .reference: JSONText.append(reference: try elements.takeCounted(), to: &text)
        case .lists(let lists, let count, let element):
            try lists.write(first: 0, count: count, to: &text) { run, text throws(ServiceError) in
                try element.append(run, of: &elements, to: &text)
            }
        case .sequence(let element): try Self.append(sequence: try elements.takeCounted(), of: element, to: &text)
        case .object(let fields): try Self.append(fields, from: &elements, to: &text)
        case .array(let fields): try Self.append(fields, from: &elements, to: &text)
        case .column(let fields, let chosen):
            for (index, field) in fields.enumerated() {
                if index == chosen {
                    try field.append(&elements, to: &text)
                } else {
                    try field.skip(&elements)
                }
            }
        }
    }

    /// Appends the next `count` elements' texts, comma separated.
    func append(_ count: Int, of elements: inout ElementReader, to text: inout [UInt8]) throws(ServiceError) {
        if case .number(let number) = self {
            number.append(try elements.take(count * number.size), to: &text)
            return
        }
        for index in 0..<count {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            try append(&elements, to: &text)
        }
    }

    private static func append(
        sequence bytes: UnsafeRawBufferPointer, of element: ElementText, to text: inout [UInt8]
    ) throws(ServiceError) {
        text.append(UInt8(ascii: "["))
        if case .number(let number) = element {
            number.append(bytes, to: &text)
        } else {
            var elements = ElementReader(bytes)
            var isFirst = true
            while !elements.isAtEnd {
                if !isFirst { text.append(UInt8(ascii: ",")) }
                isFirst = false
                try element.append(&elements, to: &text)
            }
        }
        text.append(UInt8(ascii: "]"))
    }

    private static func append(
        _ fields: [(key: [UInt8], element: ElementText)], from elements: inout ElementReader, to text: inout [UInt8]
    ) throws(ServiceError) {
        var separator = UInt8(ascii: "{")
        for field in fields {
            text.append(separator)
            text.append(contentsOf: field.key)
            try field.element.append(&elements, to: &text)
            separator = UInt8(ascii: ",")
        }
        text.append(UInt8(ascii: "}"))
    }

    private static func append(
        _ fields: [ElementText], from elements: inout ElementReader, to text: inout [UInt8]
    ) throws(ServiceError) {
        var separator = UInt8(ascii: "[")
        for field in fields {
            text.append(separator)
            try field.append(&elements, to: &text)
            separator = UInt8(ascii: ",")
        }
        text.append(UInt8(ascii: "]"))
    }

    /// Passes over the next element.
    private func skip(_ elements: inout ElementReader) throws(ServiceError) {
        switch self {
        case .number(let number): _ = try elements.take(number.size)
        case .complex(let part): _ = try elements.take(2 * part.size)
        case .boolean: _ = try elements.take(1)
        case .fixedString(let length, _): _ = try elements.take(length)
        case .variableString, .sequence, .reference: _ = try elements.takeCounted()
        case .opaque(let size): _ = try elements.take(size)
        case .lists(_, let count, let element):
            for _ in 0..<count { try element.skip(&elements) }
        case .object(let fields):
            for field in fields { try field.element.skip(&elements) }
        case .array(let fields), .column(let fields, _):
            for field in fields { try field.skip(&elements) }
        }
    }
}
