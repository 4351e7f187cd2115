public import H5Model

/// A group inside a reading scope.
public struct ReadableGroup: ~Escapable, GroupReading {
    public let scope: FileScope
    public let handle: ObjectHandle

    @_lifetime(immortal)
    init(_ handle: ObjectHandle, _ scope: FileScope) {
        self.handle = handle
        self.scope = scope
    }

    public var path: ObjectPath? { handle.path }
}

/// A group inside a writing scope.
public struct WritableGroup: ~Escapable, GroupWriting {
    public let scope: FileScope
    public let handle: ObjectHandle

    @_lifetime(immortal)
    init(_ handle: ObjectHandle, _ scope: FileScope) {
        self.handle = handle
        self.scope = scope
    }

    public var path: ObjectPath? { handle.path }
}

/// A committed datatype inside a reading scope.
public struct ReadableDatatype: ~Escapable, ObjectReading {
    public let scope: FileScope
    public let handle: ObjectHandle
    /// The type that was committed.
    public let datatype: Datatype

    @_lifetime(immortal)
    init(_ handle: ObjectHandle, _ datatype: Datatype, _ scope: FileScope) {
        self.handle = handle
        self.scope = scope
        self.datatype = datatype
    }

    public var path: ObjectPath? { handle.path }
}

/// A committed datatype inside a writing scope.
public struct WritableDatatype: ~Escapable, ObjectWriting {
    public let scope: FileScope
    public let handle: ObjectHandle
    /// The type that was committed.
    public let datatype: Datatype

    @_lifetime(immortal)
    init(_ handle: ObjectHandle, _ datatype: Datatype, _ scope: FileScope) {
        self.handle = handle
        self.scope = scope
        self.datatype = datatype
    }

    public var path: ObjectPath? { handle.path }
}
