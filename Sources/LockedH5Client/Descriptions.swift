public import H5Model

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// An entry of a directory.
public struct DirectoryEntry: Equatable, Sendable, Decodable {
    /// What an entry is; others are not listed.
    public enum Kind: String, Sendable {
        case directory, file
    }

    /// The name's bytes, as the file system has them.
    public var name: HDF5Name
    /// File or directory.
    public var kind: Kind
    /// In bytes; nil for a directory.
    public var size: Int?
    /// The last change of its contents.
    public var modified: Date

    public init(from decoder: any Decoder) throws {
        let fields = try JSONFields(decoder)
        name = HDF5Name(bytes: try fields.bytes("name"))
        kind = try fields.word("kind")
        size = try fields.optional("size")
        let time: String = try fields["modified"]
        modified = try Date(time, strategy: .iso8601)
    }
}

/// What the server tells of a file.
public struct FileDescription: Equatable, Sendable, Decodable {
    /// The version of the file's superblock, 0 to 3.
    public var superblockVersion: Int
    /// Bytes of the user's own before the superblock.
    public var userBlockSize: Int
    /// Bytes of the file that nothing uses.
    public var freeSpace: Int
}

/// What the server tells of a group besides its members.
public struct GroupDescription: Equatable, Sendable, Decodable {
    /// The number of links in the group.
    public var memberCount: Int
    /// The number of attributes.
    public var attributeCount: Int
    /// Whether members are listed in the order of their creation, else by name.
    public var tracksCreationOrder: Bool
}

/// What listings tell of an object.
public struct ObjectSummary: Equatable, Sendable, Decodable {
    /// Group, dataset or committed datatype.
    public var kind: ObjectKind
    /// Of a dataset: `[]` for a scalar, nil for a null dataspace.
    public var shape: Shape?
    /// Of a dataset or a committed datatype.
    public var datatype: Datatype?

    public init(from decoder: any Decoder) throws {
        try self.init(JSONFields(decoder))
    }

    init(_ fields: JSONFields) throws {
        kind = try fields.word("kind")
        shape = try fields.optional("shape")
        let type: DescribedDatatype? = try fields.optional("datatype")
        datatype = type?.datatype
    }
}

/// A link, and what it leads to.
public struct LinkDescription: Equatable, Sendable, Decodable {
    /// The link's own name.
    public var name: HDF5Name
    /// The link as it is stored in its group.
    public var link: Link
    /// Nil for a link that leads to no object in its file.
    public var object: ObjectSummary?

    public init(from decoder: any Decoder) throws {
        let fields = try JSONFields(decoder)
        name = HDF5Name(bytes: try fields.bytes("name"))
        link = try Self.link(fields)
        let kind: String? = try fields.optional("kind")
        object = kind == nil ? nil : try ObjectSummary(fields)
    }

    private static func link(_ fields: JSONFields) throws -> Link {
        let className: String = try fields["link"]
        switch className {
        case "hard": return .hard
        case "soft": return .soft(target: try fields.bytes("target"))
        case "external":
            return .external(file: try fields.bytes("targetFile"), target: try fields.bytes("target"))
        case "user_defined": return .userDefined(classNumber: try fields["linkClass"])
        default: throw fields.unexpected("link", className)
        }
    }
}

/// An object that a visit of a group has found.
public struct VisitedObject: Equatable, Sendable, Decodable {
    /// From the visited group on.
    public var path: ObjectPath
    /// What was found there.
    public var object: ObjectSummary

    public init(from decoder: any Decoder) throws {
        let fields = try JSONFields(decoder)
        path = ObjectPath(bytes: try fields.bytes("path"))
        object = try ObjectSummary(fields)
    }
}
