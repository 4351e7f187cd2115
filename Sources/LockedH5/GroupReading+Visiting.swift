public import H5Model

// Visitors that throw what they want: a closure's errors have a type only where it says so.
extension GroupReading where Self: ~Copyable & ~Escapable {
    /// Visits each object below the group once, as the other `visitItems`.
    /// - Throws: A `ServiceError`, and what `visit` throws.
    public func visitItems<R>(_ visit: (String, MemberObject) throws -> R?) throws -> R? {
        let errors = ForeignErrors()
        return try errors.run { () throws(ServiceError) in
            try visitItems { name, object throws(ServiceError) in try errors.narrow { try visit(name, object) } }
        }
    }

    /// Gets the path of each object below the group once, as the other `forEachObject`.
    /// - Throws: A `ServiceError`, and what `body` throws.
    public func forEachObject(_ body: (String, MemberObject) throws -> Void) throws {
        let _: Never? = try visitItems { name, object in
            try body(name, object)
            return nil
        }
    }

    /// Visits the path of each object below the group once, as the other `visit`.
    /// - Throws: A `ServiceError`, and what `visit` throws.
    public func visit<R>(_ visit: (String) throws -> R?) throws -> R? {
        try visitItems { name, _ in try visit(name) }
    }
}
