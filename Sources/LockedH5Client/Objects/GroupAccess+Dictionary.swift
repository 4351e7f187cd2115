public import H5Elements
import HDF5JSON
import HTTPMessage
import HTTPTypes

// What a dictionary can do: members by name.
extension GroupAccess {
    /// Removes all members, in one transaction; what others make meanwhile stays.
    /// - Throws: `not_found` where others have removed one meanwhile, and then nothing is removed.
    public func clear() async throws(HDF5ClientError) {
        let removals = try await keys.map { absolute($0).removal }
        if removals.isEmpty { return }
        _ = try await place.client.perform(removals, on: place.file, place.options)
    }

    /// Removes the link to an object, in the same transaction in which it is looked at.
    /// - Returns: The link, and what it led to.
    /// - Throws: `not_found`.
    @discardableResult
    public func pop(_ path: some PathConvertible) async throws(HDF5ClientError) -> LinkDescription {
        let place = absolute(path)
        let look = Change(method: .get, target: place.target("links"))
        let answer = try await place.client.perform([look, place.removal], on: place.file, place.options)
        return try answer.body(0)
    }

    /// Removes the first member of the group.
    /// - Returns: The member; nil for an empty group.
    public func popItem() async throws(HDF5ClientError) -> LinkDescription? {
        while true {
            let first = try await place.client.firstMember(of: place)
            guard let first else { return nil }
            do throws(HDF5ClientError) {
                return try await pop(first.name)
            } catch {
                // Somebody else has removed it meanwhile.
                if error.code != .notFound { throw error }
            }
        }
    }

    /// Finds a dataset, or makes one with these values where there is nothing.
    /// - Throws: As `dataset` and `createDataset`.
    @discardableResult
    public func setDefault<E: Element>(
        _ path: some PathConvertible, _ values: [E]
    ) async throws(HDF5ClientError) -> RemoteDataset {
        do throws(HDF5ClientError) {
            return try await createDataset(path, values)
        } catch {
            if error.code == .exists { return try await dataset(path) }
            throw error
        }
    }

    /// Makes datasets with these values, in the order of their names: all of them in one transaction, or none.
    /// - Throws: As `createDataset`.
    public func update<E: Element>(_ values: [String: [E]]) async throws(HDF5ClientError) {
        var changes: [Change] = []
        for (name, values) in values.sorted(by: { $0.key < $1.key }) {
            let new = try FilledDataset(
                NewDataset<E>(shape: [values.count]), NDArray(values), .lossless, absolute(name))
            changes += new.changes
        }
        if changes.isEmpty { return }
        _ = try await place.client.perform(changes, on: place.file, place.options)
    }
}

extension HDF5Client {
    fileprivate func firstMember(of place: ObjectPlace) async throws(HDF5ClientError) -> LinkDescription? {
        for try await member in members(of: place.path, in: place.file, pageSize: 1, options: place.options) {
            return member
        }
        return nil
    }
}
