import H5Model

/// Values as JSON text, whole or in slabs.
struct ValueJSON {
    private let element: ElementText

    /// - Throws: `unsupported` for a datatype whose values are not served.
    init(_ type: Datatype, options: ValueOptions) throws(ServiceError) {
        element = try ElementText(type, options: options)
    }

    /// One field of a compound, bare.
    /// - Throws: `unsupported` for a datatype whose values are not served.
    init(column: Int, of type: Datatype.Compound, options: ValueOptions) throws(ServiceError) {
        element = .column(try ElementText.fields(of: type, options: options), chosen: column)
    }

    /// Appends the text of a run of elements of a selection: what it appends for all runs in order is the whole text.
    ///
    /// - Parameters:
    ///   - bytes: The elements `first..<first + count`, as a `Value` holds them.
    ///   - shape: The whole selection's.
    func append(
        _ bytes: [UInt8], first: Int, count: Int, of shape: Shape, to text: inout [UInt8]
    ) throws(ServiceError) {
        if shape.contains(0) {
            NestedLists.appendEmpty(shape[...], to: &text)
            return
        }
        try bytes.withUnsafeBufferPointer { bytes throws(ServiceError) in
            var elements = ElementReader(UnsafeRawBufferPointer(bytes))
            let lists = NestedLists(shape: shape)
            try lists.write(first: first, count: count, to: &text) { run, text throws(ServiceError) in
                try append(run, of: &elements, to: &text)
            }
        }
    }

    /// Appends the next `count` elements, comma separated.
    private func append(
        _ count: Int, of elements: inout ElementReader, to text: inout [UInt8]
    ) throws(ServiceError) {
        if case .number(let number) = element {
            number.append(try elements.take(count * number.size), to: &text)
            return
        }
        for index in 0..<count {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            try element.append(&elements, to: &text)
        }
    }
}

extension ValueJSON {
    /// The JSON text of a whole value, `rows=columns` included; null where there is no value.
    /// - Throws: `unsupported` for a datatype whose values are not served.
    static func text(_ value: Value?, options: ValueOptions = ValueOptions()) throws(ServiceError) -> [UInt8] {
        guard let value else { return Array("null".utf8) }
        var text: [UInt8] = []
        for section in try ValueSection.sections(of: value.datatype, options: options) {
            text += section.prefix
            try section.json.append(
                value.bytes, first: 0, count: value.shape.elementCount ?? 0, of: value.shape, to: &text)
            text += section.suffix
        }
        return text
    }
}

/// A part of a JSON body that runs over all elements of a selection: one column, or everything.
struct ValueSection {
    var json: ValueJSON
    /// The field that the part needs; nil for all.
    var field: Int?
    var prefix: [UInt8] = []
    var suffix: [UInt8] = []

    /// The parts of the body for `type`: one for each field of a compound where columns are asked for, else one.
    /// - Throws: `unsupported` for a datatype whose values are not served.
    static func sections(of type: Datatype, options: ValueOptions) throws(ServiceError) -> [ValueSection] {
        guard options.rows == .columns, type.complexPart == nil, case .compound(let compound) = type else {
            return [ValueSection(json: try ValueJSON(type, options: options))]
        }
        var sections: [ValueSection] = []
        for (index, field) in compound.fields.enumerated() {
            let json = try ValueJSON(column: index, of: compound, options: options)
            let separator = UInt8(ascii: index == 0 ? "{" : ",")
            sections.append(ValueSection(json: json, field: index, prefix: [separator] + JSONText.key(field.name)))
        }
        sections[sections.count - 1].suffix = [UInt8(ascii: "}")]
        return sections
    }
}
