public import H5Model

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension HDF5Client {
    /// The files and directories of a directory, in the order of their names' bytes.
    ///
    /// - Parameter pageSize: Entries a request, at most 10,000.
    public func list(
        _ directory: ServedPath = .root, pageSize: Int = 1000, options: CallOptions = CallOptions()
    ) -> Listing<DirectoryEntry> {
        Listing { after throws(HDF5ClientError) in
            let target = ResourceTarget(directory: directory)
            return try await page(target, after, pageSize, options, name: \.name)
        }
    }

    /// The members of a group, in the group's native order.
    ///
    /// - Parameter pageSize: Members a request, at most 10,000.
    public func members(
        of group: ObjectPath, in file: ServedPath, pageSize: Int = 1000, options: CallOptions = CallOptions()
    ) -> Listing<LinkDescription> {
        Listing { after throws(HDF5ClientError) in
            let target = ResourceTarget("groups", file: file, object: group)
            return try await page(target, after, pageSize, options, name: \.name)
        }
    }

    /// All objects below a group, each once, a group before its members.
    ///
    /// - Parameter depth: How many links deep; nil for all.
    public func tree(
        _ group: ObjectPath = .root, in file: ServedPath, depth: Int? = nil, options: CallOptions = CallOptions()
    ) async throws(HDF5ClientError) -> [VisitedObject] {
        var target = ResourceTarget("tree", file: file, object: group)
        target.add("depth", depth.map(String.init))
        return try await describe(target, options)
    }

    private func page<Element: Decodable>(
        _ target: ResourceTarget, _ after: HDF5Name?, _ size: Int, _ options: CallOptions,
        name: (Element) -> HDF5Name
    ) async throws(HDF5ClientError) -> Listing<Element>.Page {
        var target = target
        target.add("limit", String(size))
        if let after { target.add("after", bytes: after.bytes) }
        let answer = try await send(request(target, options), options)
        let page: PageJSON<Element> = try answer.decode()
        guard page.hasNext else { return Listing.Page(elements: page.members, next: nil) }
        // Without a further member every page would be the same.
        guard let last = page.members.last.map(name), last != after else {
            throw answer.notUnderstood("more members are to follow, but none is there to follow")
        }
        return Listing.Page(elements: page.members, next: last)
    }
}

/// One answer of a listing. `next` is the last member's name.
private struct PageJSON<Element: Decodable>: Decodable {
    var members: [Element]
    var hasNext: Bool

    init(from decoder: any Decoder) throws {
        let fields = try JSONFields(decoder)
        members = try fields["members"]
        let next: String? = try fields.optional("next")
        hasNext = next != nil
    }
}
