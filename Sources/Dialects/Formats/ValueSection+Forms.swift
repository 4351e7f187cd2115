import H5Model
import HDF5JSON
import Routes

extension ValueSection {
    /// The parts of a body with values; none of one that is the elements themselves, or a picture.
    /// - Parameters:
    ///   - type: What the elements are read as.
    ///   - shape: The shape of what is selected; nil of a null dataspace.
    ///   - subject: What has the values, for a message.
    /// - Throws: `unsupported` for a datatype whose values are not served; `not_acceptable` for values that the form
    ///   cannot hold.
    static func sections(
        of type: Datatype, shape: Shape?, as form: Representation, options: ValueOptions, of subject: String
    ) throws(ServiceError) -> [ValueSection] {
        switch (form, shape) {
        case (.npy, let shape?): [try NumPyElements.section(of: type, shape: shape, subject)]
        case (.csv, let shape?): [try CSVText.section(of: type, shape: shape, options, subject)]
        case (.npy, nil), (.csv, nil), (.png, nil):
            throw form.refusal(subject, "has a null dataspace, which holds no values")
        case (.json, _): try sections(of: type, options: options, isReadApart: true)
        case (.octetStream, _), (.lines, _), (.png, _): []
        }
    }
}
