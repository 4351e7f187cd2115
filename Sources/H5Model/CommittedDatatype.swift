/// That a stored datatype is an object of its own.
public struct CommittedDatatype: Equatable, Sendable {
    /// Where it is; nil where no path leads to it any more.
    public var path: ObjectPath?

    public init(path: ObjectPath?) {
        self.path = path
    }
}

/// What describes a committed datatype.
public struct DatatypeInfo: Equatable, Sendable {
    public var datatype: Datatype
    public var attributeCount: Int

    public init(datatype: Datatype, attributeCount: Int) {
        self.datatype = datatype
        self.attributeCount = attributeCount
    }
}
