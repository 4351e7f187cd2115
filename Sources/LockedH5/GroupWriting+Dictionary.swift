public import H5Model
public import H5Elements

// What a dictionary can do: members by name.
extension GroupWriting where Self: ~Copyable & ~Escapable {
    /// Removes the first member of the group.
    /// - Returns: The member; nil for an empty group.
    /// - Throws: `damaged`.
    public func popItem() throws(ServiceError) -> Member? {
        guard let first = try items.first else { return nil }
        try remove(first.name)
        return first
    }

    /// Opens a dataset, or makes one with these values where there is nothing.
    /// - Throws: As `dataset` and `createDataset`.
    @discardableResult
    @_lifetime(copy self)
    public func setDefault<E: Element>(
        _ path: some PathConvertible, _ values: [E]
    ) throws(ServiceError) -> WritableDataset {
        if try contains(path) { return try dataset(path) }
        return try createDataset(path, values)
    }

    /// Makes datasets with these values, in the order of their names.
    /// - Throws: As `createDataset`.
    public func update<E: Element>(_ values: [String: [E]]) throws(ServiceError) {
        for (name, values) in values.sorted(by: { $0.key < $1.key }) { try createDataset(name, values) }
    }
}
