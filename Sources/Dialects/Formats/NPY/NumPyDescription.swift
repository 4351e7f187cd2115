import H5Model
import HDF5JSON

/// A datatype as the header of an NPY file tells it.
struct NumPyDescription {
    /// NumPy's own text of the dtype, a Python literal: `'<f8'`, `[('a', '<i4'), ('b', '|S4', (2,))]`.
    let text: String
    /// What an array datatype adds to the shape.
    let shape: Shape

    /// - Parameter type: A packed type.
    /// - Throws: `not_acceptable` with what NumPy has no dtype for.
    init(_ type: Datatype) throws(ServiceError) {
        if let string = type.numPyType {
            self.init("'\(string)'")
            return
        }
        switch type {
        case .enumeration(let base, _): try self.init(.integer(base))
        case .string(let string): self.init("'|S\(string.length)'")
        case .opaque(let size, _): self.init("'|V\(size)'")
        case .bitfield(let size, _):
            if let number = type.bitfieldNumber {
                try self.init(.integer(number))
            } else {
                self.init("'|V\(size)'")
            }
        case .array(let element, let shape):
            let element = try NumPyDescription(element)
            self.init(element.text, shape: shape + element.shape)
        case .compound(let compound):
            var fields: [String] = []
            for field in compound.fields { fields.append(try Self.field(field)) }
            self.init("[\(fields.joined(separator: ", "))]")
        case .variableString: throw Self.refused("variable-length strings")
        case .variableLength: throw Self.refused("lists of variable length")
        case .reference: throw Self.refused("references")
        case .integer, .float, .other: throw Self.refused("\(type.size)-byte numbers of another kind")
        }
    }

    private init(_ text: String, shape: Shape = []) {
        self.text = text
        self.shape = shape
    }

    private static func field(_ field: Datatype.Field) throws(ServiceError) -> String {
        guard let name = field.name.text, !name.isEmpty else {
            throw refused("a field whose name is \(field.name.bytes.isEmpty ? "empty" : "not UTF-8")")
        }
        let type = try NumPyDescription(field.type)
        let shape = type.shape.isEmpty ? "" : ", \(tuple(type.shape))"
        return "(\(literal(name)), \(type.text)\(shape))"
    }

    private static func refused(_ part: String) -> ServiceError { ServiceError(.notAcceptable, part) }

    /// A shape as Python writes it.
    static func tuple(_ shape: Shape) -> String {
        "(\(shape.map(String.init).joined(separator: ", "))\(shape.count == 1 ? "," : ""))"
    }

    /// A string as Python reads it; ASCII only, since the encoding of a header depends on the format's version.
    private static func literal(_ name: String) -> String {
        var text = "'"
        for scalar in name.unicodeScalars {
            switch scalar.value {
            case 0x27, 0x5C: text += "\\\(scalar)"
            case 0x20..<0x7F: text.unicodeScalars.append(scalar)
            case ..<0x100: text += "\\x" + hexadecimal(scalar, digits: 2)
            case ..<0x1_0000: text += "\\u" + hexadecimal(scalar, digits: 4)
            default: text += "\\U" + hexadecimal(scalar, digits: 8)
            }
        }
        return text + "'"
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar, digits: Int) -> String {
        let text = String(scalar.value, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
