public import H5Model

/// Elements that are sequences: of variable length, array datatypes (one array a dimension), and as `[UInt8]` the bytes of
/// opaque values and of strings. New ones have variable length.
extension Array: H5Elements.Element where Element: H5Elements.Element {
    public static func datatype(for example: [Element]?) throws(ServiceError) -> Datatype {
        .variableLength(of: try Element.datatype(for: example?.first))
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> [Element] {
        switch type {
        case .variableLength(let element):
            return try takeAll(from: &source, as: element)
        case .array(let element, let shape):
            guard let extent = shape.first else { throw source.mismatch(type, Self.self) }
            return try Element.take(extent, from: &source, as: element.arranged(shape.dropFirst()))
        default:
            guard let bytes = try takeBytes(from: &source, as: type) as? [Element] else {
                throw source.mismatch(type, Self.self)
            }
            return bytes
        }
    }

    private static func takeAll(
        from source: inout ElementSource, as element: Datatype
    ) throws(ServiceError) -> [Element] {
        let length = try source.takeCount()
        let end = source.offset + length
        if !element.hasVariableLength {
            guard element.size > 0 else { return [] }
            guard length % element.size == 0 else { throw source.damage }
            return try Element.take(length / element.size, from: &source, as: element)
        }
        var elements: [Element] = []
        while source.offset < end { elements.append(try Element.take(from: &source, as: element)) }
        guard source.offset == end else { throw source.damage }
        return elements
    }

    /// The bytes of a type whose values are bytes; nil for others.
    private static func takeBytes(
        from source: inout ElementSource, as type: Datatype
    ) throws(ServiceError) -> [UInt8]? {
        guard Element.self == UInt8.self else { return nil }
        switch type {
        case .opaque(let size, _): return Array<UInt8>(try source.take(size))
        case .variableString: return Array<UInt8>(try source.takeCounted())
        case .string(let type): return Array<UInt8>(type.withoutPadding(try source.take(type.length)))
        default: return nil
        }
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        switch type {
        case .variableLength(let element):
            try sink.appendCounted { (sink) throws(ServiceError) in
                try Element.append(self, to: &sink, as: element)
            }
        case .array(let element, let shape):
            guard count == shape.first else {
                throw ServiceError(.invalid, "\(sink.subject) holds arrays of shape \(shape), not of \(count) elements")
            }
            try Element.append(self, to: &sink, as: element.arranged(shape.dropFirst()))
        default:
            guard let bytes = self as? [UInt8] else { throw sink.mismatch(type, Self.self) }
            try Self.append(bytes: bytes, to: &sink, as: type)
        }
    }

    private static func append(
        bytes: [UInt8], to sink: inout ElementSink, as type: Datatype
    ) throws(ServiceError) {
        guard case .opaque(let size, _) = type else { return try sink.append(text: bytes, as: type, Self.self) }
        guard bytes.count == size else {
            throw ServiceError(.invalid, "\(sink.subject) holds opaque values of \(size) bytes, not of \(bytes.count)")
        }
        sink.append(bytes)
    }
}

extension Datatype {
    /// What one row of an array of this is.
    fileprivate func arranged(_ shape: ArraySlice<Int>) -> Datatype {
        shape.isEmpty ? self : .array(of: self, shape: Array(shape))
    }
}
