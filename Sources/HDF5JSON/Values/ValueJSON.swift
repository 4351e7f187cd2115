package import H5Model

/// Values as JSON text, whole or in slabs.
package struct ValueJSON: ValueText {
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

    package func append(
        _ bytes: [UInt8], first: Int, count: Int, of shape: Shape, to text: inout [UInt8]
    ) throws(ServiceError) {
        if shape.contains(0) {
            guard NestedLists.canBeEmpty(shape) else {
                throw ServiceError(.tooLarge, "a value of the shape \(shape) is too many empty lists in JSON")
            }
            NestedLists.appendEmpty(shape[...], to: &text)
            return
        }
        try bytes.withUnsafeBufferPointer { bytes throws(ServiceError) in
            var elements = ElementReader(UnsafeRawBufferPointer(bytes))
            let lists = NestedLists(shape: shape)
            try lists.write(first: first, count: count, to: &text) { run, text throws(ServiceError) in
                try element.append(run, of: &elements, to: &text)
            }
        }
    }
}

extension ValueJSON {
    /// The JSON text of a whole value, `rows=columns` included; null where there is no value.
    /// - Throws: `unsupported` for a datatype whose values are not served.
    package static func text(_ value: Value?, options: ValueOptions = ValueOptions()) throws(ServiceError) -> [UInt8] {
        guard let value else { return Array("null".utf8) }
        let count = value.shape.elementCount ?? 0
        var text: [UInt8] = []
        for section in try ValueSection.sections(of: value.datatype, options: options, isReadApart: false) {
            text += section.prefix
            try section.text.append(value.bytes, first: 0, count: count, of: value.shape, to: &text)
            text += section.suffix
        }
        return text
    }
}
