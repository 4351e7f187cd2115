public import H5Model

/// A struct that is an element of a compound datatype: its stored properties are the fields, by name.
///
///     struct Hit: CompoundElement {
///         var channel: Int32
///         var time: Double
///     }
///
/// The order of the fields in the file and the padding between them do not matter; a field that the struct does not have,
/// and a property without a field, are errors. A property that is nil stands for a field that is not there, or for a null
/// reference. `CodingKeys` give other names.
public protocol CompoundElement: Element, Codable {}

extension CompoundElement {
    /// The compound of the example's properties, in their order and without padding.
    public static func datatype(for example: Self?) throws(ServiceError) -> Datatype {
        guard let example else {
            throw ServiceError(.invalid, "the datatype of \(Self.self) is not known without a row of it")
        }
        return try RowNode(example).datatype()
    }

    public static func take(from source: inout ElementSource, as type: Datatype) throws(ServiceError) -> Self {
        guard case .compound(let compound) = type else { throw source.mismatch(type, Self.self) }
        return try RowDecoder.row(Self.self, from: &source, type, RowDecoder.Layout(compound))
    }

    public static func take(
        _ count: Int, from source: inout ElementSource, as type: Datatype
    ) throws(ServiceError) -> [Self] {
        guard case .compound(let compound) = type else { throw source.mismatch(type, Self.self) }
        try source.check(count, of: type)
        let layout = RowDecoder.Layout(compound)
        var rows: [Self] = []
        rows.reserveCapacity(count)
        for _ in 0..<count { rows.append(try RowDecoder.row(Self.self, from: &source, type, layout)) }
        return rows
    }

    public func append(to sink: inout ElementSink, as type: Datatype) throws(ServiceError) {
        guard case .compound = type else { throw sink.mismatch(type, Self.self) }
        try RowNode(self).append(to: &sink, as: type)
    }
}
