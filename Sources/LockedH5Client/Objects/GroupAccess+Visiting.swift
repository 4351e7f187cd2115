extension GroupAccess {
    /// The objects below the group, each once, a group before its members, as the server finds them.
    public var objects: VisitedObjects {
        place.client.objects(below: place.path, in: place.file, options: place.options)
    }

    /// Visits each object below the group once, a group before its members, until `visit` gives a result.
    ///
    /// Only hard links are followed; an object to which several lead is visited under the first of them.
    ///
    /// - Parameter visit: Gets the path from the group on, and what the object is.
    /// - Returns: The result; nil where all objects were visited.
    /// - Throws: An `HDF5ClientError`, and what `visit` throws.
    public func visitItems<R>(
        isolation: isolated (any Actor)? = #isolation, _ visit: (String, ObjectSummary) async throws -> R?
    ) async throws -> R? {
        for try await found in objects {
            if let result = try await visit(String(found.path.description.dropFirst()), found.object) {
                return result
            }
        }
        return nil
    }

    /// Gets the path of each object below the group once, and what the object is.
    /// - Throws: As `visitItems`.
    public func forEachObject(
        isolation: isolated (any Actor)? = #isolation, _ body: (String, ObjectSummary) async throws -> Void
    ) async throws {
        let _: Never? = try await visitItems { name, object in
            try await body(name, object)
            return nil
        }
    }

    /// Visits the path of each object below the group once.
    /// - Returns: As `visitItems`.
    /// - Throws: As `visitItems`.
    public func visit<R>(
        isolation: isolated (any Actor)? = #isolation, _ visit: (String) async throws -> R?
    ) async throws -> R? {
        try await visitItems { name, _ in try await visit(name) }
    }
}
