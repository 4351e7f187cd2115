public import Testing

internal import HDF5

/// Throws where a test has left an identifier of libhdf5 open: a file, an object, an attribute, a dataspace, a datatype, or
/// a property list.
///
/// Others may run at the same time: each keeps its identifiers only while it has the process's lock.
public struct LeakCheck: SuiteTrait, TestTrait, TestScoping {
    public var isRecursive: Bool { true }

    /// What libhdf5 and its one user have open for themselves.
    private static let own = Result { try count() }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let before = try Self.own.get()
        try await function()
        let after = try Self.count()
        #expect(
            after == before, "identifiers are open: files, groups, datatypes, dataspaces, datasets, attributes, lists")
    }

    private static func count() throws -> [Int] {
        try ProcessLock.withLock {
            try HDF5Library.start().dropKept()
            return openIdentifierCounts()
        }
    }
}

extension Trait where Self == LeakCheck {
    /// No identifier of libhdf5 is open after the test.
    public static var leavesNothingOpen: Self { LeakCheck() }
}
