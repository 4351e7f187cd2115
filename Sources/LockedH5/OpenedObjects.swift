public import H5Model
public import H5Elements

/// An object inside a reading scope, whichever it is.
public enum ReadableObject: ~Escapable {
    case group(ReadableGroup)
    case dataset(ReadableDataset)
    case datatype(ReadableDatatype)
}

/// An object inside a writing scope, whichever it is.
public enum WritableObject: ~Escapable {
    case group(WritableGroup)
    case dataset(WritableDataset)
    case datatype(WritableDatatype)
}

extension GroupReading where Self: ~Copyable & ~Escapable {
    /// The object to which the path leads.
    /// - Throws: `not_found`; `unsupported`; `damaged`.
    public subscript(_ path: some PathConvertible) -> ReadableObject {
        @_lifetime(copy self)
        get throws(ServiceError) { _overrideLifetime(try opened(path), copying: self) }
    }

    /// The object to which the path leads; nil where there is none.
    /// - Throws: `unsupported`; `damaged`.
    @_lifetime(copy self)
    public func get(_ path: some PathConvertible) throws(ServiceError) -> ReadableObject? {
        if try !contains(path) { return nil }
        return try self[path]
    }

    @_lifetime(immortal)
    private func opened(_ path: some PathConvertible) throws(ServiceError) -> ReadableObject {
        switch try open(path) {
        case .group(let handle): return .group(ReadableGroup(handle, scope))
        case .dataset(let handle): return .dataset(ReadableDataset(handle, scope))
        case .datatype(let handle, let type): return .datatype(ReadableDatatype(handle, type, scope))
        }
    }
}

extension GroupWriting where Self: ~Copyable & ~Escapable {
    /// The object to which the path leads.
    /// - Throws: `not_found`; `unsupported`; `damaged`.
    public subscript(_ path: some PathConvertible) -> WritableObject {
        @_lifetime(copy self)
        get throws(ServiceError) { _overrideLifetime(try opened(path), copying: self) }
    }

    /// The object to which the path leads; nil where there is none.
    /// - Throws: `unsupported`; `damaged`.
    @_lifetime(copy self)
    public func get(_ path: some PathConvertible) throws(ServiceError) -> WritableObject? {
        if try !contains(path) { return nil }
        return try self[path]
    }

    /// Removes the link to an object and gives the object, which can be used while the scope lasts; it stays in the file
    /// only if another link leads to it.
    /// - Throws: `not_found`; `unsupported`; `damaged`.
    @discardableResult
    @_lifetime(copy self)
    public func pop(_ path: some PathConvertible) throws(ServiceError) -> WritableObject {
        let object = try self[path]
        try remove(path)
        return object
    }

    @_lifetime(immortal)
    private func opened(_ path: some PathConvertible) throws(ServiceError) -> WritableObject {
        switch try open(path) {
        case .group(let handle): return .group(WritableGroup(handle, scope))
        case .dataset(let handle): return .dataset(WritableDataset(handle, scope))
        case .datatype(let handle, let type): return .datatype(WritableDatatype(handle, type, scope))
        }
    }
}
