import H5Model
import HDF5JSON
import HTTPMessage

/// The dtype in the header of an NPY file.
enum NumPyDtype {
    /// Bytes of an element.
    private static let largest = Int(UInt32.max)

    /// The datatype that a dtype describes, with its padding.
    /// - Throws: `invalid`, `unsupported`.
    static func datatype(_ descr: PythonLiteral) throws(ServiceError) -> Datatype {
        switch descr {
        case .text("<f16"): return .float(.extended)
        case .text(let text):
            let type = try Datatype(numPy: text)
            if type.hasVariableLength { throw refused(text) }
            return type
        case .list(let fields): return try compound(fields)
        case .tuple(let parts) where parts.count == 2:
            guard let shape = parts[1].shape else { throw NumPyArray.refused("the shape of a dtype is no tuple") }
            return try array(try datatype(parts[0]), shape)
        default: throw NumPyArray.refused("'descr' is neither a string nor a list of fields")
        }
    }

    private static func refused(_ text: String) -> ServiceError {
        NumPyArray.refused("\"\(text.abbreviated)\" is no dtype of elements in a file")
    }

    private static func array(_ element: Datatype, _ shape: Shape) throws(ServiceError) -> Datatype {
        if shape.isEmpty { return element }
        guard shape.allSatisfy({ $0 > 0 }), let count = shape.elementCount,
            case let (size, overflow) = count.multipliedReportingOverflow(by: element.size), !overflow, size <= largest
        else { throw NumPyArray.refused("a field has the shape \(shape), which no datatype has") }
        return .array(of: element, shape: shape)
    }

    /// Each field is a name (or a title and a name), a dtype, and perhaps a shape; padding has no name.
    private static func compound(_ members: [PythonLiteral]) throws(ServiceError) -> Datatype {
        var fields: [Datatype.Field] = []
        var offset = 0
        for member in members {
            guard case .tuple(let parts) = member, (2...3).contains(parts.count), let name = name(parts[0]) else {
                throw NumPyArray.refused("a field is no tuple of a name, a dtype and perhaps a shape")
            }
            var type = try datatype(parts[1])
            if parts.count == 3 {
                guard let shape = parts[2].shape else {
                    throw NumPyArray.refused("the shape of the field \"\(name.abbreviated)\" is no tuple of extents")
                }
                type = try array(type, shape)
            }
            if !name.isEmpty { fields.append(Datatype.Field(name: HDF5Name(name), offset: offset, type: type)) }
            offset += type.size
            guard offset <= largest else { throw NumPyArray.refused("the fields take more than 4 GiB") }
        }
        if fields.isEmpty { throw NumPyArray.refused("there are no fields") }
        var names: Set<HDF5Name> = []
        for field in fields where !names.insert(field.name).inserted {
            throw NumPyArray.refused("there are two fields \"\(field.name)\"")
        }
        return .compound(Datatype.Compound(size: offset, fields: fields))
    }

    private static func name(_ literal: PythonLiteral) -> String? {
        switch literal {
        case .text(let name): return name
        case .tuple(let parts) where parts.count == 2:
            if case .text(let name) = parts[1] { return name }
            return nil
        default: return nil
        }
    }
}
