public import H5Model

/// What the server tells of a dataset.
public struct DatasetDescription: Equatable, Sendable, Decodable {
    /// How the elements are laid out; `external` is raw data in other files.
    public enum Layout: String, Sendable {
        case compact, contiguous, chunked, virtual, external
    }

    /// One filter of the pipeline, in the order in which a writer applies them.
    public struct Filter: Equatable, Sendable, Decodable {
        /// The field's name of it (`deflate`, `shuffle`, ...), else the name stored in the file.
        public var name: String
        /// Of `deflate`.
        public var level: Int?
        /// Of a filter whose name does not say everything: the number under which it is registered.
        public var id: Int?
        /// Of a filter with an `id`.
        public var parameters: [UInt32]?
    }

    /// `[]` for a scalar, nil for a null dataspace.
    public var shape: Shape?
    /// Nil in it is an unlimited dimension.
    public var maximumShape: [Int?]?
    /// A compound without its padding.
    public var datatype: Datatype
    /// How the elements are laid out.
    public var layout: Layout
    /// The shape of a chunk; nil where the layout is another.
    public var chunks: Shape?
    /// The filter pipeline, in the order in which a writer applies it.
    public var filters: [Filter]
    /// The value of elements that were never written; null where none is defined.
    public var fillValue: JSONValue
    /// Bytes of the file that the raw data takes.
    public var storageSize: Int
    /// The number of attributes.
    public var attributeCount: Int

    public init(from decoder: any Decoder) throws {
        let fields = try JSONFields(decoder)
        shape = try fields.optional("shape")
        maximumShape = try fields.optional("maxshape")
        datatype = try fields.datatype("datatype")
        layout = try fields.word("layout")
        chunks = layout == .chunked ? try fields["chunks"] : nil
        filters = try fields["filters"]
        fillValue = try fields["fillvalue"]
        storageSize = try fields["storageSize"]
        attributeCount = try fields["attributeCount"]
    }
}

/// An attribute with its value.
public struct AttributeDescription: Equatable, Sendable {
    /// The attribute's name.
    public var name: HDF5Name
    /// A compound without its padding.
    public var datatype: Datatype
    /// `[]` for a scalar, nil for a null dataspace.
    public var shape: Shape?
    /// Nested lists in the shape; null for a null dataspace, and where values of the datatype are not served.
    public var value: JSONValue
}
