import H5Model
import HDF5JSON
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
        if let text = datatype.numPyType { return text }
        var json = JSONWriter()
        DatatypeJSON.write(datatype, to: &json)
        return JSONText.ascii(json.bytes)
    }
}
