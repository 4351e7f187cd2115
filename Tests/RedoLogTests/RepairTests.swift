import Testing

@testable import RedoLog

@Suite struct RepairTests {
    private func repaired(
        _ bytes: [UInt8], clearsFlags: Bool = false
    ) throws -> (outcome: Repair, bytes: [UInt8]) {
        let storage = MemoryStorage(bytes)
        let outcome = try RedoLog.repair(storage, clearsFlags: clearsFlags, .power)
        return (outcome, storage.bytes)
    }

    @Test(arguments: Sample.all)
    func repair_OfAFileInOrder_ChangesNothing(sample: Sample) throws {
        let storage = MemoryStorage(sample.file())
        let outcome = try RedoLog.repair(storage, clearsFlags: true, .power)
        #expect(outcome == Repair(found: [], left: []))
        #expect(storage.steps.isEmpty)
    }

    @Test(arguments: Sample.all)
    func repair_UnderAVeilWithALog_BringsTheChangeHome(sample: Sample) throws {
        let (outcome, bytes) = try repaired(withLog(sample.file(veiled: true)))
        // The shortest of the samples ends before the change, and the log says that the file stays that long.
        var after = sample.file() + Array(repeating: 0, count: 515)
        after.replaceSubrange(512..<515, with: [1, 2, 3])
        #expect(outcome == Repair(found: [.committedLog(parts: 1, bytes: 3)], left: []))
        #expect(bytes == Array(after.prefix(sample.length)))
    }

    @Test(arguments: Sample.all)
    func repair_UnderAVeilAlone_TakesItAway(sample: Sample) throws {
        let (outcome, bytes) = try repaired(sample.file(veiled: true))
        #expect(outcome == Repair(found: [.veil], left: []))
        #expect(bytes == sample.file())
    }

    @Test(arguments: [0, 100, 150], [false, true])
    func repair_OfALogThatIsNotCommitted_CutsIt(missing: Int, veiled: Bool) throws {
        if missing == 0, veiled { return }
        let (outcome, bytes) = try repaired(withLog(Sample.all[0].file(veiled: veiled)).dropLast(missing))
        #expect(outcome.left.isEmpty && outcome.found.last?.code == "uncommitted_log")
        #expect(bytes == Sample.all[0].file())
    }

    @Test func repair_OfStatusFlags_NeedsAPersonsWord() throws {
        let (kept, same) = try repaired(flagged(5))
        #expect(kept == Repair(found: [.statusFlags(5)], left: [.statusFlags(5)]))
        #expect(same == flagged(5))
        let (cleared, bytes) = try repaired(flagged(5), clearsFlags: true)
        #expect(cleared == Repair(found: [.statusFlags(5)], left: []))
        #expect(bytes == Sample.all[3].file())
    }

    @Test func repair_OfALogUnderStatusFlags_LeavesIt() throws {
        // Whoever set them may have put data there that the superblock does not tell of.
        let (outcome, bytes) = try repaired(withLog(flagged(1)), clearsFlags: true)
        #expect(outcome.left.map(\.code) == ["uncommitted_log"])
        #expect(bytes == withLog(Sample.all[3].file()))
    }

    @Test(arguments: [
        Sample.all[0].file() + [1, 2, 3], Array(Sample.all[3].file().dropLast()), Array("no".utf8),
        Sample.all[2].file().map { $0 == 0x30 ? 0x31 : $0 }, newerLog(),
    ])
    func repair_OfWhatOnlyAGuessCouldMend_LeavesItAsItIs(bytes: [UInt8]) throws {
        let storage = MemoryStorage(bytes)
        let outcome = try RedoLog.repair(storage, clearsFlags: true, .power)
        #expect(outcome.found.count == 1 && outcome.left == outcome.found)
        #expect(storage.steps.isEmpty)
    }

    @Test func repair_InterruptedAtAnyStep_IsDoneByTheNext() throws {
        let broken = [withLog(Sample.all[2].file(veiled: true)), withLog(Sample.all[2].file()), flagged(1)]
        for bytes in broken {
            let whole = try repaired(bytes, clearsFlags: true).bytes
            for step in 0..<10 {
                let storage = MemoryStorage(bytes)
                storage.failure = MemoryStorage.Failure(step: step, goesOn: true)
                _ = try? RedoLog.repair(storage, clearsFlags: true, .power)
                #expect(try repaired(storage.bytes, clearsFlags: true).bytes == whole)
            }
        }
    }

    private static func newerLog() -> [UInt8] {
        var bytes = withLog(Sample.all[0].file(veiled: true))
        bytes[bytes.count - 12] = 9
        return bytes
    }
}
