/// What a link leads to.
public enum ObjectKind: String, Sendable {
    case group, dataset, datatype
}

/// A link as it is stored in its group.
public enum Link: Equatable, Sendable {
    case hard
    case soft(target: [UInt8])
    case external(file: [UInt8], target: [UInt8])
    /// A user-defined link class, which nothing follows.
    case userDefined(classNumber: Int)

    /// The link class's name: `hard`, `soft`, `external` or `user_defined`.
    public var className: String {
        switch self {
        case .hard: "hard"
        case .soft: "soft"
        case .external: "external"
        case .userDefined: "user_defined"
        }
    }
}

/// One member of a group: its link, and what the link leads to.
public struct Member: Equatable, Sendable {
    public var name: HDF5Name
    public var link: Link
    /// Nil for a link that leads to no object in this file.
    public var object: MemberObject?

    public init(name: HDF5Name, link: Link, object: MemberObject?) {
        self.name = name
        self.link = link
        self.object = object
    }
}

/// What a listing tells of an object; shape and datatype for datasets only.
public struct MemberObject: Equatable, Sendable {
    public var kind: ObjectKind
    public var dataspace: Dataspace?
    public var datatype: Datatype?

    public init(kind: ObjectKind, dataspace: Dataspace? = nil, datatype: Datatype? = nil) {
        self.kind = kind
        self.dataspace = dataspace
        self.datatype = datatype
    }
}

/// A page of a listing, in the group's native order.
public struct Page<Element: Sendable>: Sendable {
    public var elements: [Element]
    /// Whether more follow the last element.
    public var hasMore: Bool

    public init(elements: [Element], hasMore: Bool) {
        self.elements = elements
        self.hasMore = hasMore
    }
}

public struct GroupInfo: Equatable, Sendable {
    public var memberCount: Int
    public var attributeCount: Int
    public var tracksCreationOrder: Bool

    public init(memberCount: Int, attributeCount: Int, tracksCreationOrder: Bool) {
        self.memberCount = memberCount
        self.attributeCount = attributeCount
        self.tracksCreationOrder = tracksCreationOrder
    }
}

/// How a dataset's elements are laid out in the file.
public enum Layout: Equatable, Sendable {
    case compact
    /// Nil where no storage has been allocated yet.
    case contiguous(offset: Int?)
    case chunked(Shape)
    case virtual(sourceCount: Int)
    /// Raw data in other files that HDF5 opens by name.
    case externalStorage
}

/// One filter of a pipeline, in the order in which a writer applies them.
public struct Filter: Equatable, Sendable {
    public var id: Int
    /// The field's name of it (`deflate`, `shuffle`, …), else the name stored in the file.
    public var name: String
    public var isOptional: Bool
    public var parameters: [UInt32]

    public init(id: Int, name: String, isOptional: Bool, parameters: [UInt32]) {
        self.id = id
        self.name = name
        self.isOptional = isOptional
        self.parameters = parameters
    }
}

/// When libhdf5 writes the fill value to space that it has just got for a dataset.
public enum FillTime: String, Sendable, CaseIterable {
    /// Where a fill value is stored with the dataset.
    case ifSet = "ifset"
    case alloc
    /// Not at all: what was never written may read as anything.
    case never
}

public struct DatasetInfo: Equatable, Sendable {
    public var dataspace: Dataspace
    public var datatype: Datatype
    /// Nil where the datatype is the dataset's own.
    public var committedDatatype: CommittedDatatype?
    public var layout: Layout
    public var filters: [Filter]
    /// One element on the wire; nil where none is defined.
    public var fillValue: [UInt8]?
    /// Whether the fill value is stored with the dataset, and not only what there is without one.
    public var storesFillValue: Bool
    public var fillTime: FillTime
    /// Whether the dataset keeps the times of its changes.
    public var tracksTimes: Bool
    /// Whether the dataset keeps the order in which its attributes are made.
    public var tracksCreationOrder: Bool
    /// Bytes of the file that the raw data takes.
    public var storageSize: Int
    public var attributeCount: Int
    /// The parts of a virtual dataset.
    public var sources: [VirtualSource]

    public init(
        dataspace: Dataspace, datatype: Datatype, committedDatatype: CommittedDatatype? = nil, layout: Layout,
        filters: [Filter], fillValue: [UInt8]?, storesFillValue: Bool = false, fillTime: FillTime = .ifSet,
        tracksTimes: Bool = false,
        tracksCreationOrder: Bool = false, storageSize: Int, attributeCount: Int, sources: [VirtualSource] = []
    ) {
        self.dataspace = dataspace
        self.datatype = datatype
        self.committedDatatype = committedDatatype
        self.layout = layout
        self.filters = filters
        self.fillValue = fillValue
        self.storesFillValue = storesFillValue
        self.fillTime = fillTime
        self.tracksTimes = tracksTimes
        self.tracksCreationOrder = tracksCreationOrder
        self.storageSize = storageSize
        self.attributeCount = attributeCount
        self.sources = sources
    }
}

/// An attribute's type and shape; its value is read separately.
public struct AttributeInfo: Equatable, Sendable {
    public var name: HDF5Name
    public var dataspace: Dataspace
    public var datatype: Datatype
    /// Nil where the datatype is the attribute's own.
    public var committedDatatype: CommittedDatatype?

    public init(
        name: HDF5Name, dataspace: Dataspace, datatype: Datatype, committedDatatype: CommittedDatatype? = nil
    ) {
        self.name = name
        self.dataspace = dataspace
        self.datatype = datatype
        self.committedDatatype = committedDatatype
    }
}

/// An attribute with its value.
public struct Attribute: Equatable, Sendable {
    public var info: AttributeInfo
    /// Nil for a null dataspace, and for a datatype whose values are unsupported.
    public var value: Value?

    public init(info: AttributeInfo, value: Value?) {
        self.info = info
        self.value = value
    }
}

/// Elements as they travel, with what describes them.
///
/// `bytes` is row-major. Elements of a fixed-size `datatype` (always packed) follow one another. Where any part has
/// variable length it is written element by element, field by field: a little-endian `Int32` byte count, then that many
/// bytes (strings without their NUL).
public struct Value: Equatable, Sendable {
    public var datatype: Datatype
    public var shape: Shape
    public var bytes: [UInt8]

    public init(datatype: Datatype, shape: Shape, bytes: [UInt8]) {
        self.datatype = datatype
        self.shape = shape
        self.bytes = bytes
    }
}

public struct FileInfo: Equatable, Sendable {
    public var superblockVersion: Int
    public var userBlockSize: Int
    /// Free space in the file, in bytes.
    public var freeSpace: Int

    public init(superblockVersion: Int, userBlockSize: Int, freeSpace: Int) {
        self.superblockVersion = superblockVersion
        self.userBlockSize = userBlockSize
        self.freeSpace = freeSpace
    }
}
