internal import H5Model

extension Datatype {
    /// Whether this packed type is `stored` but for byte order, padding and left out fields.
    ///
    /// libhdf5 would convert between more, and leave untouched what it finds no source for.
    func isView(of stored: Datatype) -> Bool {
        switch (self, stored) {
        case (.integer(let own), .integer(let other)): own.isView(of: other)
        case (.float(let own), .float): self == stored.packed(order: own.order)
        case (.enumeration(let own, let members), .enumeration(let other, let others)):
            own.isView(of: other) && members == others
        case (.bitfield(let own, _), .bitfield(let other, _)): own == other
        case (.compound(let own), .compound(let other)): own.isView(of: other)
        case (.array(let own, let shape), .array(let other, let otherShape)):
            shape == otherShape && own.isView(of: other)
        case (.variableLength(let own), .variableLength(let other)): own.isView(of: other)
        default: self == stored
        }
    }
}

extension Datatype {
    /// Whether libhdf5 makes this packed type's numbers of all values of `stored`, as near as they can be: numbers of
    /// numbers and of enumerations, and complex numbers of complex ones.
    func isNumeric(of stored: Datatype) -> Bool {
        if complexPart != nil { return stored.complexPart != nil }
        switch stored {
        case .integer, .float, .enumeration: return isNumber
        default: return false
        }
    }
}

extension Datatype.Integer {
    fileprivate func isView(of stored: Datatype.Integer) -> Bool {
        size == stored.size && isSigned == stored.isSigned && bits == nil
    }
}

extension Datatype.Compound {
    fileprivate func isView(of stored: Datatype.Compound) -> Bool {
        guard self == Datatype.Compound(packing: fields.map { ($0.name, $0.type) }) else { return false }
        return fields.allSatisfy { field in
            stored.fields.contains { $0.name == field.name && field.type.isView(of: $0.type) }
        }
    }
}
