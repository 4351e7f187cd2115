import H5Model
import HTTPMessage
import HTTPTypes

/// What the header fields tell of values.
enum ValueFields {
    /// Longer descriptions of a datatype are left out: a header has little room, and the dataset's description has them.
    private static let longestDatatype = 4096

    /// Shape and datatype of values. A scalar's shape is empty, that of a null dataspace is `null`.
    static func make(datatype: Datatype, shape: Shape?) -> HTTPFields {
        var fields: HTTPFields = [:]
        fields[.hdf5Shape] = shape?.map(String.init).joined(separator: ",") ?? "null"
        let text = description(of: datatype)
        if text.utf8.count <= longestDatatype { fields[.hdf5Datatype] = text }
        return fields
    }

    /// NumPy's type string where NumPy has one, else compact JSON in ASCII.
    static func description(of datatype: Datatype) -> String {
        if let text = numPyType(datatype) { return text }
        var json = JSONWriter()
        DatatypeJSON.write(datatype, to: &json)
        return JSONText.ascii(json.bytes)
    }

    /// NumPy's type string; nil for a datatype that loses something in it.
    static func numPyType(_ datatype: Datatype) -> String? {
        if datatype.isBoolean { return "|b1" }
        if let part = datatype.complexPart, part.size >= 4 { return "\(part.order.mark)c\(2 * part.size)" }
        switch datatype {
        case .integer(let type):
            return "\(type.size == 1 ? "|" : type.order.mark)\(type.isSigned ? "i" : "u")\(type.size)"
        case .float(let type): return "\(type.order.mark)f\(type.size)"
        case .string(let type) where type.padding != .spacePadded: return "|S\(type.length)"
        default: return nil
        }
    }
}

extension ByteOrder {
    fileprivate var mark: String { self == .little ? "<" : ">" }
}
