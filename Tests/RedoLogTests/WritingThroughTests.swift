import Testing

@testable import RedoLog

@Suite struct WritingThroughTests {
    private static let before = Image(version: 3, length: 9000, seed: 1)
    private static let new = [UInt8](repeating: 7, count: 1000)

    private func write(_ transaction: Transaction, at place: UInt64, isRaw: Bool = true) throws {
        try Self.new.withUnsafeBytes { try transaction.write($0, at: place, isRaw: isRaw) }
    }

    private var expected: [UInt8] {
        var bytes = Self.before.bytes
        MemoryStorage.write(Self.new, at: 5000, in: &bytes)
        return bytes
    }

    @Test func write_OfRawData_IsInTheFileAtOnceAndForGood() throws {
        let storage = MemoryStorage(Self.before.bytes)
        let transaction = try Transaction(storage)
        #expect(transaction.beginWritingThrough())
        try write(transaction, at: 5000)
        #expect(storage.bytes == expected)
        transaction.abandon()
        #expect(storage.bytes == expected)
    }

    @Test func write_OfMetadata_WaitsForTheCommit() throws {
        let storage = MemoryStorage(Self.before.bytes)
        let transaction = try Transaction(storage)
        #expect(transaction.beginWritingThrough())
        try write(transaction, at: 5000, isRaw: false)
        #expect(storage.bytes == Self.before.bytes)
        try transaction.commit()
        #expect(storage.bytes == expected)
    }

    @Test func commit_OfRawDataAlone_WritesNoLog() throws {
        let storage = MemoryStorage(Self.before.bytes)
        let transaction = try Transaction(storage)
        #expect(transaction.beginWritingThrough())
        try write(transaction, at: 5000)
        let steps = storage.steps.count
        #expect(try transaction.hasChanges)
        try transaction.commit()
        #expect(storage.steps.dropFirst(steps).allSatisfy { if case .synchronize = $0 { true } else { false } })
        #expect(storage.steps.count == steps + 1)
    }

    @Test func beginWritingThrough_IsRefused_AfterAnotherChange() throws {
        let transaction = try Transaction(MemoryStorage(Self.before.bytes))
        try write(transaction, at: 200, isRaw: false)
        #expect(!transaction.beginWritingThrough())
        transaction.abandon()
    }

    @Test func beginWritingThrough_AsksFirst() throws {
        let transaction = try Transaction(
            MemoryStorage(Self.before.bytes), settings: TransactionSettings(mayWriteThrough: { false }))
        #expect(!transaction.beginWritingThrough())
        transaction.abandon()
    }
}
