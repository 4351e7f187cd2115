import H5Model

/// How one element of a datatype becomes JSON text, worked out once for all elements.
indirect enum ElementText {
    case number(NumberText)
    /// h5py's complex number: `[re, im]`.
    case complex(NumberText)
    case boolean
    case fixedString(length: Int, Datatype.Padding)
    case variableString
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
        case .array, .variableLength, .opaque, .bitfield, .reference, .other:
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
        case .variableString: _ = try elements.takeCounted()
        case .object(let fields):
            for field in fields { try field.element.skip(&elements) }
        case .array(let fields), .column(let fields, _):
            for field in fields { try field.skip(&elements) }
        }
    }
}
