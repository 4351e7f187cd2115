package import H5Model

/// What values look like in a body, whole or in slabs.
package protocol ValueText {
    /// Appends a run of elements of a selection: what it appends for all runs in order is the whole.
    ///
    /// - Parameters:
    ///   - bytes: The elements `first..<first + count`, as a `Value` holds them.
    ///   - shape: The whole selection's.
    func append(
        _ bytes: [UInt8], first: Int, count: Int, of shape: Shape, to text: inout [UInt8]
    ) throws(ServiceError)
}

/// A part of a body that runs over all elements of a selection: one column of JSON, or everything.
package struct ValueSection {
    /// What the part's elements are read as.
    package var datatype: Datatype
    package var text: any ValueText
    /// About how many bytes an element takes.
    package var elementLength: Int
    package var prefix: [UInt8] = []
    package var suffix: [UInt8] = []

    package init(datatype: Datatype, text: any ValueText, elementLength: Int, prefix: [UInt8] = []) {
        self.datatype = datatype
        self.text = text
        self.elementLength = elementLength
        self.prefix = prefix
    }

    /// The parts of JSON for `type`: one for each field of a compound where columns are asked for, else one.
    /// - Parameter isReadApart: Whether each column is read for itself; else each is picked from whole elements.
    /// - Throws: `unsupported` for a datatype whose values are not served.
    package static func sections(
        of type: Datatype, options: ValueOptions, isReadApart: Bool
    ) throws(ServiceError) -> [ValueSection] {
        guard options.rows == .columns, type.complexPart == nil, case .compound(let compound) = type else {
            return [
                ValueSection(
                    datatype: type, text: try ValueJSON(type, options: options), elementLength: type.textLength)
            ]
        }
        var sections: [ValueSection] = []
        for (index, field) in compound.fields.enumerated() {
            let part = isReadApart ? Datatype.Compound(packing: [(field.name, field.type)]) : compound
            let json = try ValueJSON(column: isReadApart ? 0 : index, of: part, options: options)
            let prefix = [UInt8(ascii: index == 0 ? "{" : ",")] + JSONText.key(field.name)
            let datatype = Datatype.compound(part)
            sections.append(
                ValueSection(datatype: datatype, text: json, elementLength: datatype.textLength, prefix: prefix))
        }
        if let last = sections.indices.last { sections[last].suffix = [UInt8(ascii: "}")] }
        return sections
    }
}

extension Datatype {
    /// About how long the JSON text of one element is, in bytes; a guess where the length varies.
    package var textLength: Int {
        switch self {
        case .integer(let type): type.size == 1 ? 4 : 2 + 2 * type.size
        case .float(let type): 4 + 2 * type.size
        case .string(let type): type.length + 3
        case .variableString: 64
        case .enumeration(let base, _): isBoolean ? 6 : Datatype.integer(base).textLength
        case .compound(let type):
            type.fields.reduce(2) { length, field in length + field.type.textLength + field.name.bytes.count + 4 }
        case .array(let element, let shape): 2 + element.textLength * (shape.elementCount ?? 0)
        case .opaque(let size, _): 4 + size / 3 * 4
        case .bitfield(let size, _): 2 + 3 * size
        case .variableLength, .reference: 64
        case .other: size
        }
    }
}
