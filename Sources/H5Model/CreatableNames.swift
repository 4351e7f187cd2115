extension HDF5Name {
    /// The most bytes of a name that every format can hold in one message of an object's header, with what goes with it.
    static let longest = 60_000

    /// Throws where no new link can have this name.
    /// - Throws: `invalid`, `too_large`.
    public func checkLink() throws(ServiceError) {
        try check("a link's name")
        if bytes == [UInt8(ascii: ".")] {
            throw ServiceError(.invalid, "a link cannot be named \".\", which means the group itself")
        }
        if bytes.contains(UInt8(ascii: "/")) {
            throw ServiceError(.invalid, "a link's name cannot hold a \"/\", as \"\(self)\" does")
        }
    }

    /// Throws where no new attribute can have this name.
    /// - Throws: `invalid`, `too_large`.
    public func checkAttribute() throws(ServiceError) {
        try check("an attribute's name")
    }

    func check(_ what: String) throws(ServiceError) {
        if bytes.isEmpty { throw ServiceError(.invalid, "\(what) cannot be empty") }
        if bytes.contains(0) { throw ServiceError(.invalid, "\(what) cannot hold a NUL") }
        if bytes.count > Self.longest {
            throw ServiceError(.tooLarge, "\(what) can have \(Self.longest) bytes, not \(bytes.count)")
        }
    }
}

extension ObjectPath {
    /// Throws where no new link can have this path.
    /// - Throws: `invalid`, `too_large`.
    public func checkNewLink() throws(ServiceError) {
        for name in names { try name.checkLink() }
    }
}
