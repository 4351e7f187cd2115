import Glibc
import Testing

@testable import RedoLog

@Suite struct TransactionCommitTests {
    @Test(arguments: Change.all, Durability.allCases)
    func commit_MakesTheChange(change: Change, durability: Durability) throws {
        let storage = MemoryStorage(change.before.bytes)
        try change.transaction(storage, durability: durability).commit()
        #expect(storage.bytes == change.after.bytes)
        #expect(try RedoLog.inspect(storage) == .clean)
    }

    @Test func commit_HasItsOrder() throws {
        let change = Change.all[0]
        let storage = MemoryStorage(change.before.bytes)
        try change.transaction(storage).commit()
        let log = try #require(storage.steps.firstIndex { $0.place == 32_768 })
        let appended = storage.steps[..<log].map(\.place)
        #expect(appended.allSatisfy { $0 >= 20_000 && $0 < 31_000 } && !appended.isEmpty)
        var steps = Array(storage.steps[(log + 1)...])
        #expect(steps.removeFirst() == .write(8, [0x80]))
        #expect(steps.removeFirst() == .synchronize)
        #expect(steps.suffix(3) == [.synchronize, .write(0, Array(change.after.bytes.prefix(9))), .size(31_000)])
        #expect(steps.filter { $0 == .synchronize }.count == 1)
    }

    @Test func commit_WhenOnlyTheProcessCounts_WaitsForNothing() throws {
        let storage = MemoryStorage(Change.all[0].before.bytes)
        try Change.all[0].transaction(storage, durability: .process).commit()
        #expect(!storage.steps.contains(.synchronize))
    }

    @Test(arguments: Change.all)
    func commit_OfTheSameBytes_DoesNothing(change: Change) throws {
        let storage = MemoryStorage(change.before.bytes)
        let transaction = try Transaction(storage)
        for start in stride(from: 0, to: change.before.bytes.count, by: 700) {
            let end = min(start + 700, change.before.bytes.count)
            try Array(change.before.bytes[start..<end]).withUnsafeBytes { try transaction.write($0, at: UInt64(start)) }
        }
        #expect(try !transaction.hasChanges)
        try transaction.commit()
        #expect(storage.steps.isEmpty)
    }

    @Test(arguments: Change.all)
    func abandon_LeavesTheFile(change: Change) throws {
        let storage = MemoryStorage(change.before.bytes)
        try change.transaction(storage).abandon()
        #expect(storage.bytes == change.before.bytes)
        #expect(storage.steps.isEmpty || change.appendBuffer == 1000)
    }

    @Test func commit_AfterAFailedWrite_IsRefused() throws {
        let change = Change.all[1]
        let storage = MemoryStorage(change.before.bytes)
        storage.failure = .init(step: 1)
        let transaction = try Transaction(storage, settings: TransactionSettings(appendBuffer: 0))
        #expect(throws: RedoLogError.self) { try change.write(to: transaction, seed: 1) }
        #expect(throws: RedoLogError.system(errno: ENOSPC, operation: "write a file")) { try transaction.commit() }
        #expect(storage.bytes == change.before.bytes)
    }

    @Test func commit_OfAFileThatAnotherChanged_IsRefused() throws {
        let storage = MemoryStorage(Change.all[0].before.bytes)
        let transaction = try Change.all[0].transaction(storage)
        storage.intrude()
        #expect(throws: RedoLogError.changedMeanwhile) { try transaction.commit() }
        #expect(storage.bytes == Change.all[0].before.bytes)
    }

    @Test func commit_OfSomethingElseThanHDF5_IsRefused() throws {
        let before = Change.all[0].before.bytes
        let storage = MemoryStorage(before)
        let transaction = try Transaction(storage, startsEmpty: true)
        try [UInt8](repeating: 1, count: 9000).withUnsafeBytes { try transaction.write($0, at: 0) }
        #expect(throws: RedoLogError.notHDF5) { try transaction.commit() }
        #expect(storage.bytes == before)
    }

    @Test(arguments: [true, false])
    func commit_OfANewFile_NeedsNoLog(isUnnamed: Bool) throws {
        let after = Image(version: 3, length: 30_000, seed: 1)
        let change = Change(name: "new", before: Image(bytes: []), after: after, appendBuffer: 5000)
        let storage = MemoryStorage([])
        storage.isUnnamed = isUnnamed
        try change.transaction(storage).commit()
        #expect(storage.bytes == after.bytes)
        #expect(storage.steps.filter { $0 == .synchronize }.count == (isUnnamed ? 1 : 2))
    }

    @Test func commit_IntoHoles_GetsTheirSpaceFirst() throws {
        let storage = MemoryStorage(Change.all[0].before.bytes)
        storage.hasHoles = true
        try Change.all[0].transaction(storage).commit()
        guard case .reserve(0, _) = storage.steps.first else {
            Issue.record("\(storage.steps.first.map { "\($0)" } ?? "nothing")")
            return
        }
    }
}

extension MemoryStorage.Step {
    fileprivate var place: UInt64 {
        if case .write(let place, _) = self { place } else { 0 }
    }
}
