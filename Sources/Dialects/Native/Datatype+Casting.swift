import H5Model

extension Datatype {
    /// Whether every value of this type is one of `stored` too: NumPy's rule of safe casting.
    func fits(_ stored: Datatype) -> Bool {
        if self == stored || isBoolean && stored.isBoolean { return true }
        if let part = complexPart, let storedPart = stored.complexPart { return part.size <= storedPart.size }
        if let storedPart = stored.complexPart { return fits(.float(storedPart)) }
        switch (self, stored) {
        case (.enumeration, .integer(let type)) where isBoolean: return type.size >= 1
        case (.enumeration, .float) where isBoolean: return true
        case (.enumeration(let base, _), .enumeration(let storedBase, _)) where !isBoolean && !stored.isBoolean:
            return base.fits(storedBase)
        case (.integer(let type), .enumeration(let storedBase, _)) where !stored.isBoolean: return type.fits(storedBase)
        case (.enumeration(let base, _), _) where !isBoolean: return Datatype.integer(base).fits(stored)
        case (.integer(let type), .integer(let storedType)): return type.fits(storedType)
        case (.integer(let type), .float(let storedType)):
            // NumPy takes float64 for wide enough for all integers.
            return storedType.size == 8 || type.size < storedType.size
        case (.float(let type), .float(let storedType)): return type.size <= storedType.size
        case (.string(let type), .string(let storedType)): return type.length <= storedType.length
        case (.variableString, .variableString): return true
        case (.compound(let type), .compound(let storedType)):
            return type.fields.count == storedType.fields.count
                && zip(type.fields, storedType.fields).allSatisfy { $0.name == $1.name && $0.type.fits($1.type) }
        case (.array(let element, let shape), .array(let storedElement, let storedShape)):
            return shape == storedShape && element.fits(storedElement)
        case (.variableLength(let element), .variableLength(let storedElement)): return element.fits(storedElement)
        default: return false
        }
    }
}

extension Datatype.Integer {
    fileprivate func fits(_ stored: Datatype.Integer) -> Bool {
        if isSigned == stored.isSigned { return size <= stored.size }
        return stored.isSigned && size < stored.size
    }
}
