public import H5Elements
public import H5Model

/// A group of a file that a server serves; a file is its root group.
///
/// Paths are relative to the group, unless they begin with `/`.
public protocol GroupAccess: ObjectAccess {}

extension GroupAccess {
    /// Finds a group.
    /// - Throws: `not_found`; `wrong_kind` for what is no group.
    public func group(_ path: some PathConvertible) async throws(HDF5ClientError) -> RemoteGroup {
        let place = absolute(path)
        _ = try await place.client.describeGroup(place.path, in: place.file, options: place.options)
        return RemoteGroup(place: place)
    }

    /// Finds a dataset, and how it is made: one request, and each read or write of it one more.
    /// - Throws: `not_found`; `wrong_kind` for what is no dataset.
    public func dataset(_ path: some PathConvertible) async throws(HDF5ClientError) -> RemoteDataset {
        try await RemoteDataset(at: absolute(path))
    }

    /// Finds a committed datatype.
    /// - Throws: `not_found`; `wrong_kind` for what is no datatype.
    public func datatype(_ path: some PathConvertible) async throws(HDF5ClientError) -> RemoteDatatype {
        let place = absolute(path)
        let answer = try await place.client.send(
            place.client.request(place.target("datatypes"), place.options), place.options)
        return try answer.understood { try RemoteDatatype(try answer.object(), at: place) }
    }

    /// Finds the dataset to which a reference leads.
    /// - Throws: As `dataset` of a path.
    public func dataset(_ reference: Reference) async throws(HDF5ClientError) -> RemoteDataset {
        try await dataset(try target(reference))
    }

    /// Finds the group to which a reference leads.
    /// - Throws: As `group` of a path.
    public func group(_ reference: Reference) async throws(HDF5ClientError) -> RemoteGroup {
        try await group(try target(reference))
    }

    /// The object to which the path leads.
    /// - Throws: `not_found`.
    public subscript(_ path: some PathConvertible) -> RemoteObject {
        get async throws(HDF5ClientError) {
            let place = absolute(path)
            guard let object = try await get(path) else {
                throw HDF5ClientError(ServiceError(.notFound, "no object at \(place.path)"))
            }
            return object
        }
    }

    /// The object to which the path leads; nil where there is none.
    public func get(_ path: some PathConvertible) async throws(HDF5ClientError) -> RemoteObject? {
        switch try await kind(path) {
        case .group?: .group(RemoteGroup(place: absolute(path)))
        case .dataset?: .dataset(try await dataset(path))
        case .datatype?: .datatype(try await datatype(path))
        case nil: nil
        }
    }
}

// MARK: - Members

extension GroupAccess {
    /// The members' names, those of links that lead nowhere too: in the order of creation where the group tracks it, else
    /// by name.
    public var keys: [HDF5Name] {
        get async throws(HDF5ClientError) { try await items.map(\.name) }
    }

    /// The members: their names, their links, and what these lead to.
    public var items: [LinkDescription] {
        get async throws(HDF5ClientError) { try await members().collect() }
    }

    /// What the members are, for those whose link leads to an object of the file.
    public var values: [ObjectSummary] {
        get async throws(HDF5ClientError) { try await items.compactMap(\.object) }
    }

    /// The number of members.
    public var count: Int {
        get async throws(HDF5ClientError) {
            try await place.client.describeGroup(place.path, in: place.file, options: place.options).memberCount
        }
    }

    /// The members, a page at a time.
    /// - Parameter pageSize: Members a request, at most 10,000.
    public func members(pageSize: Int = 1000) -> Listing<LinkDescription> {
        place.client.members(of: place.path, in: place.file, pageSize: pageSize, options: place.options)
    }

    /// Whether the path leads to an object; a soft link that leads nowhere does not.
    public func contains(_ path: some PathConvertible) async throws(HDF5ClientError) -> Bool {
        try await kind(path) != nil
    }

    /// The kind of the object to which the path leads; nil where there is none.
    public func kind(_ path: some PathConvertible) async throws(HDF5ClientError) -> ObjectKind? {
        let place = absolute(path)
        if place.path.isRoot { return .group }
        do throws(HDF5ClientError) {
            let description = try await description(of: place)
            if let object = description.object { return object.kind }
            guard case .external = description.link else { return nil }
            return try await place.client.kindElsewhere(place)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// The link itself, whatever it leads to.
    /// - Throws: `not_found`; `invalid` for the root group.
    public func link(_ path: some PathConvertible) async throws(HDF5ClientError) -> Link {
        try await description(of: absolute(path)).link
    }

    private func description(of place: ObjectPlace) async throws(HDF5ClientError) -> LinkDescription {
        try await place.client.describeLink(place.path, in: place.file, options: place.options)
    }

    func absolute(_ path: some PathConvertible) -> ObjectPlace {
        place.at(path.path(from: place.path))
    }

    private func target(_ reference: Reference) throws(HDF5ClientError) -> ObjectPath {
        if let path = reference.path { return path }
        throw HDF5ClientError(ServiceError(.notFound, "the reference leads to no object that has a path"))
    }
}

extension HDF5Client {
    /// The kind of an object behind an external link, of which descriptions of links tell nothing.
    fileprivate func kindElsewhere(_ place: ObjectPlace) async throws(HDF5ClientError) -> ObjectKind? {
        for (resource, kind) in [("datasets", ObjectKind.dataset), ("groups", .group), ("datatypes", .datatype)] {
            do throws(HDF5ClientError) {
                _ = try await send(request(place.target(resource), place.options), place.options)
                return kind
            } catch {
                if error.code == .wrongKind { continue }
                throw error
            }
        }
        return nil
    }
}
