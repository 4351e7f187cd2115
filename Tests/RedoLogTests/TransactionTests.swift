import Glibc
import Testing

@testable import RedoLog

@Suite struct TransactionTests {
    /// Settings under which everything takes another way, and whether there is a spill file.
    static let settings: [(buffer: Int, memory: Int)] = [
        (4 << 20, 64 << 20), (0, 64 << 20), (20_000, 64 << 20), (.max, 64 << 20), (4 << 20, 0), (.max, 3000),
    ]

    /// Random writes, reads and sizes, beside an array that takes them too.
    @Test(arguments: settings, [false, true])
    func transaction_ReadsWhatItWrote(settings: (buffer: Int, memory: Int), startsEmpty: Bool) throws {
        let before = Image(
            bytes: Image(version: 3, length: 5000, seed: 1).bytes + Array(repeating: 5, count: 2_195_000))
        let spill = ScratchFile([])
        let storage = MemoryStorage(before.bytes)
        let transaction = try Transaction(
            storage, startsEmpty: startsEmpty,
            settings: TransactionSettings(
                appendBuffer: settings.buffer, overlayMemory: settings.memory,
                spillFile: { [descriptor = spill.descriptor] in descriptor }))
        var model = startsEmpty ? [] : before.bytes
        var random = SplitMix(state: UInt64(settings.buffer & 0xFFFF + settings.memory))
        for _ in 0..<120 { try step(transaction, &model, &random) }
        try finish(transaction, &model)
        try transaction.commit()
        #expect(storage.bytes == model)
    }

    private func step(_ transaction: Transaction, _ model: inout [UInt8], _ random: inout SplitMix) throws {
        let place = Int.random(in: 0..<3_300_000, using: &random)
        let count = Int.random(in: 1...(1 << Int.random(in: 1...17, using: &random)), using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0:
            let size = Int.random(in: 2_000_000..<3_300_000, using: &random)
            transaction.setSize(UInt64(size))
            MemoryStorage.setSize(UInt64(size), in: &model)
        case 1..<8:
            var bytes = [UInt8](repeating: 99, count: count)
            try bytes.withUnsafeMutableBytes { try transaction.read(into: $0, at: UInt64(place)) }
            let known = Array(model.dropFirst(place).prefix(count))
            #expect(bytes == known + Array(repeating: 0, count: count - known.count))
        default:
            let first = UInt8.random(in: 0...255, using: &random)
            let bytes = (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0) }
            try bytes.withUnsafeBytes { try transaction.write($0, at: UInt64(place)) }
            MemoryStorage.write(bytes, at: UInt64(place), in: &model)
        }
        #expect(transaction.size == UInt64(model.count))
    }

    /// Makes it an HDF5 file again.
    private func finish(_ transaction: Transaction, _ model: inout [UInt8]) throws {
        var start = Sample.all[3].superblock
        start.replaceSubrange(28..<36, with: withUnsafeBytes(of: UInt64(model.count).littleEndian) { Array($0) })
        try start.withUnsafeBytes { try transaction.write($0, at: 0) }
        MemoryStorage.write(start, at: 0, in: &model)
    }

    @Test func setSize_ThatCutsAndGrows_LeavesZeros() throws {
        let storage = MemoryStorage(Image(version: 0, length: 9000, seed: 1).bytes)
        let transaction = try Transaction(storage)
        transaction.setSize(500)
        transaction.setSize(9000)
        var bytes = [UInt8](repeating: 1, count: 9000)
        try bytes.withUnsafeMutableBytes { try transaction.read(into: $0, at: 0) }
        #expect(bytes.prefix(500) == storage.bytes.prefix(500))
        #expect(bytes.dropFirst(500).allSatisfy { $0 == 0 })
        try transaction.commit()
        #expect(storage.bytes == bytes)
    }

    @Test func setSize_ToLessAlone_IsNoChange() throws {
        let storage = MemoryStorage(Image(version: 0, length: 9000, seed: 1).bytes)
        let transaction = try Transaction(storage)
        transaction.setSize(8000)
        #expect(try !transaction.hasChanges)
        try transaction.commit()
        #expect(storage.steps.isEmpty)
    }

    @Test func write_PastTheLongestFile_IsRefusedForGood() throws {
        let transaction = try Transaction(MemoryStorage(Image(version: 0, length: 9000, seed: 1).bytes))
        let refusal = RedoLogError.system(errno: EFBIG, operation: "go past the longest file there can be")
        #expect(throws: refusal) { try [UInt8(1)].withUnsafeBytes { try transaction.write($0, at: .max - 5) } }
        #expect(throws: refusal) { try [UInt8(1)].withUnsafeBytes { try transaction.write($0, at: 0) } }
        #expect(throws: refusal) { try transaction.commit() }
    }

    @Test func write_OnceTheTransactionIsOver_IsRefused() throws {
        let storage = MemoryStorage(Image(version: 0, length: 9000, seed: 1).bytes)
        let transaction = try Transaction(storage)
        transaction.abandon()
        #expect(throws: RedoLogError.self) { try [UInt8(1)].withUnsafeBytes { try transaction.write($0, at: 0) } }
        #expect(!transaction.isWritable)
    }

    @Test func write_ThatOutgrowsTheMemory_SpillsIt() throws {
        let storage = MemoryStorage(
            Image(version: 0, length: 5000, seed: 1).bytes + Array(repeating: 0, count: 4 << 20))
        let spill = ScratchFile([])
        let settings = TransactionSettings(
            overlayMemory: 1 << 20, spillFile: { [descriptor = spill.descriptor] in descriptor })
        let transaction = try Transaction(storage, settings: settings)
        for start in stride(from: 4096, to: 3 << 20, by: 4096) {
            try [UInt8](repeating: 7, count: 4096).withUnsafeBytes { try transaction.write($0, at: UInt64(start)) }
            #expect(transaction.overlay.memory <= 1 << 20)
        }
        try transaction.commit()
        #expect(storage.bytes[4096..<3 << 20].allSatisfy { $0 == 7 })
    }
}
