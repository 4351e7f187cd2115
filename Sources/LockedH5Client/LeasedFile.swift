public import H5Elements
public import H5Model

/// A file whose lock a lease holds, as `HDF5Client.withFile` lends it; after the end of that every call fails with
/// `leaseLost`.
///
/// Requests under an exclusive lease are carried out one after another, in the order in which they arrive, and see what
/// earlier ones have written; under a shared one side by side, and a write fails with `wrongKind`.
public struct LeasedFile: FileAccess {
    /// Sends everything under the lease.
    let client: HDF5Client
    let lease: Lease

    /// The root group's.
    public var place: ObjectPlace {
        ObjectPlace(client: client, file: lease.file, path: .root, options: CallOptions())
    }
    /// How the file is locked.
    public var mode: LockMode { lease.mode }
    /// What other requests to the server, from whatever program, need to run under this lease: the value of their field
    /// `Lock-Token`. Who has it can do what the lease allows.
    public var token: String { lease.token }
    /// A number that grows from lease to lease of the server: a store that keeps the largest it has seen can refuse what
    /// holders of older leases send late.
    public var fence: Int { lease.fence }
}

// Each call is the client's of the same name.
extension LeasedFile {
    /// The properties of the file.
    public func describe(options: CallOptions = CallOptions()) async throws(HDF5ClientError) -> FileDescription {
        try await client.describeFile(servedPath, options: options)
    }

    /// See `HDF5Client.describeGroup`.
    public func describeGroup(
        _ group: ObjectPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> GroupDescription {
        try await client.describeGroup(group, in: servedPath, options: options)
    }

    /// See `HDF5Client.describeDataset`.
    public func describeDataset(
        _ dataset: ObjectPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> DatasetDescription {
        try await client.describeDataset(dataset, in: servedPath, options: options)
    }

    /// See `HDF5Client.describeLink`.
    public func describeLink(
        _ link: ObjectPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> LinkDescription {
        try await client.describeLink(link, in: servedPath, options: options)
    }

    /// See `HDF5Client.attributes`.
    public func attributes(
        of object: ObjectPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [AttributeDescription] {
        try await client.attributes(of: object, in: servedPath, options: options)
    }

    /// See `HDF5Client.members`.
    public func members(
        of group: ObjectPath, pageSize: Int = 1000, options: CallOptions = CallOptions()
    ) -> Listing<LinkDescription> {
        client.members(of: group, in: servedPath, pageSize: pageSize, options: options)
    }

    /// See `HDF5Client.tree`.
    public func tree(
        _ group: ObjectPath = .root, depth: Int? = nil, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [VisitedObject] {
        try await client.tree(group, in: servedPath, depth: depth, options: options)
    }

    /// See `HDF5Client.raw`.
    public func raw(
        range: Range<Int>? = nil, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [UInt8] {
        try await client.raw(servedPath, range: range, options: options)
    }

    /// See `HDF5Client.read`.
    public func read<E: Element>(
        _ dataset: ObjectPath, select: String? = nil, as type: E.Type = E.self,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [E] {
        try await client.read(dataset, in: servedPath, select: select, as: type, options: options)
    }

    /// See `HDF5Client.value(of:in:select:fields:options:)`.
    public func value(
        of dataset: ObjectPath, select: String? = nil, fields: [HDF5Name] = [], options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> Value? {
        try await client.value(of: dataset, in: servedPath, select: select, fields: fields, options: options)
    }

    /// See `HDF5Client.readAttribute`.
    public func readAttribute<E: Element>(
        _ name: HDF5Name, of object: ObjectPath, as type: E.Type = E.self,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [E] {
        try await client.readAttribute(name, of: object, in: servedPath, as: type, options: options)
    }

    /// See `HDF5Client.value(ofAttribute:of:in:options:)`.
    public func value(
        ofAttribute name: HDF5Name, of object: ObjectPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> Value? {
        try await client.value(ofAttribute: name, of: object, in: servedPath, options: options)
    }
}

extension LeasedFile {
    /// See `HDF5Client.write(_:shape:to:in:select:options:)`.
    @discardableResult
    public func write<E: Element>(
        _ elements: [E], shape: Shape? = nil, to dataset: ObjectPath, select: String? = nil,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await client.write(elements, shape: shape, to: dataset, in: servedPath, select: select, options: options)
    }

    /// See `HDF5Client.write(_:to:in:select:fields:options:)`.
    @discardableResult
    public func write(
        _ value: Value, to dataset: ObjectPath, select: String? = nil, fields: [HDF5Name] = [],
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await client.write(value, to: dataset, in: servedPath, select: select, fields: fields, options: options)
    }

    /// See `HDF5Client.setAttribute(_:of:in:to:options:)`.
    @discardableResult
    public func setAttribute(
        _ name: HDF5Name, of object: ObjectPath, to element: some Element, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await client.setAttribute(name, of: object, in: servedPath, to: element, options: options)
    }

    /// See `HDF5Client.setAttribute(_:of:in:to:options:)`.
    @discardableResult
    public func setAttribute<E: Element>(
        _ name: HDF5Name, of object: ObjectPath, to elements: [E], options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await client.setAttribute(name, of: object, in: servedPath, to: elements, options: options)
    }

    /// See `HDF5Client.setAttribute(_:of:in:to:shape:options:)`.
    @discardableResult
    public func setAttribute<E: Element>(
        _ name: HDF5Name, of object: ObjectPath, to elements: [E], shape: Shape,
        options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await client.setAttribute(name, of: object, in: servedPath, to: elements, shape: shape, options: options)
    }

    /// See `HDF5Client.setAttribute(_:of:in:value:options:)`.
    @discardableResult
    public func setAttribute(
        _ name: HDF5Name, of object: ObjectPath, value: Value, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await client.setAttribute(name, of: object, in: servedPath, value: value, options: options)
    }

    /// See `HDF5Client.removeAttribute`.
    @discardableResult
    public func removeAttribute(
        _ name: HDF5Name, of object: ObjectPath, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> EntityTag? {
        try await client.removeAttribute(name, of: object, in: servedPath, options: options)
    }
}
