import H5Elements
public import H5Model

/// Where an object is, and how requests about it are sent: by which client, with which options, to which file.
public struct ObjectPlace: Sendable {
    let client: HDF5Client
    let file: ServedPath
    let path: ObjectPath
    let options: CallOptions

    /// The place of another object of the file.
    func at(_ path: ObjectPath) -> ObjectPlace {
        ObjectPlace(client: client, file: file, path: path, options: options)
    }

    /// The target of a resource of the object.
    func target(_ resource: String) -> ResourceTarget {
        ResourceTarget(resource, file: file, object: path)
    }

    /// What a resource of the object answers with.
    func answer(_ target: ResourceTarget) async throws(HDF5ClientError) -> AnswerObject {
        try await client.send(client.request(target, options), options).object()
    }

    /// Sends a change.
    @discardableResult
    func send(_ change: Change) async throws(HDF5ClientError) -> Answer {
        try await client.send(change, options)
    }
}

/// An object of a file that a server serves.
///
/// A value that says where the object is: nothing is kept open for it, and each call is a request of its own, under the
/// lease of a `LeasedFile` where it comes from one.
public protocol ObjectAccess: Sendable {
    /// Where the object is.
    var place: ObjectPlace { get }
}

extension ObjectAccess {
    /// The path by which the object was reached.
    public var path: ObjectPath { place.path }
    /// The path as text.
    public var name: String { place.path.description }
    /// The path of the group that holds the object's link; the root's is the root.
    public var parent: ObjectPath { place.path.parent }
    /// The path, under the root that the server serves, of the file that holds the object.
    public var servedPath: ServedPath { place.file }
    /// That path as text.
    public var fileName: String { place.file.description }
    /// A reference to the object.
    public var reference: Reference { Reference(place.path) }
    /// The object's attributes.
    public var attributes: RemoteAttributes { RemoteAttributes(place: place) }
}

/// An object, whichever it is.
public enum RemoteObject: Sendable {
    case group(RemoteGroup)
    case dataset(RemoteDataset)
    case datatype(RemoteDatatype)
}

/// A group of a file that a server serves.
public struct RemoteGroup: GroupAccess {
    public let place: ObjectPlace
}

/// A committed datatype of a file that a server serves.
public struct RemoteDatatype: ObjectAccess {
    public let place: ObjectPlace
    /// The type that was committed.
    public let datatype: Datatype

    init(_ answer: AnswerObject, at place: ObjectPlace) throws {
        self.place = place
        datatype = try answer.datatype("datatype")
    }
}
