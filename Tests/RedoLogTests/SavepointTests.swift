import Testing

@testable import RedoLog

@Suite struct SavepointTests {
    private static let before = Image(version: 3, length: 9000, seed: 1)

    private static func write(_ byte: UInt8, _ count: Int, at place: UInt64, _ transaction: Transaction) throws {
        let bytes = [UInt8](repeating: byte, count: count)
        try bytes.withUnsafeBytes { try transaction.write($0, at: place) }
    }

    /// What a transaction commits that was changed as `later` does after a savepoint, and went back to it.
    private func committed(_ later: (Transaction) throws -> Void) throws -> [UInt8] {
        let storage = MemoryStorage(Self.before.bytes)
        let transaction = try Transaction(storage, settings: TransactionSettings(appendBuffer: 20_000))
        try Self.write(1, 100, at: 5000, transaction)
        try Self.write(2, 100, at: 9000, transaction)
        let savepoint = try #require(transaction.savepoint())
        try later(transaction)
        try transaction.restore(savepoint)
        try transaction.commit()
        return storage.bytes
    }

    private var expected: [UInt8] {
        var bytes = Self.before.bytes
        MemoryStorage.write(Array(repeating: 1, count: 100), at: 5000, in: &bytes)
        MemoryStorage.write(Array(repeating: 2, count: 100), at: 9000, in: &bytes)
        return bytes
    }

    @Test func restore_ForgetsWhatWasWrittenLater() throws {
        let bytes = try committed { transaction in
            try Self.write(3, 200, at: 4950, transaction)
            try Self.write(4, 200, at: 8950, transaction)
            try Self.write(5, 100, at: 12_000, transaction)
        }
        #expect(bytes == expected)
    }

    @Test func restore_ForgetsWhatIsInTheFileAlready() throws {
        let bytes = try committed { transaction in
            try Self.write(3, 30_000, at: 9050, transaction)
            #expect(transaction.wroteDirectly)
        }
        #expect(bytes == expected)
    }

    @Test func restore_ForgetsSizesAndWhetherAllWasDiscarded() throws {
        let bytes = try committed { transaction in
            transaction.setSize(1000)
            transaction.empty()
            transaction.discard()
        }
        #expect(bytes == expected)
    }

    @Test func savepoint_IsNil_OnceSomethingIsInTheFile() throws {
        let transaction = try Transaction(
            MemoryStorage(Self.before.bytes), settings: TransactionSettings(appendBuffer: 100))
        #expect(transaction.savepoint() != nil)
        try Self.write(3, 200, at: 9000, transaction)
        #expect(transaction.savepoint() == nil)
        transaction.abandon()
    }
}
