import Testing

@testable import RedoLog

/// A commit that failed leaves nothing that a later crash could take for a change.
@Suite struct FailedCommitTests {
    @Test(arguments: [0, 3])
    func commit_AfterAFailedOne_CutAnywhere_IsBeforeOrAfter(version: Int) throws {
        let images = [20_000, 31_000, 26_000].enumerated().map {
            Image(version: version, length: $0.element, seed: UInt64($0.offset))
        }
        let first = Change(name: "first", before: images[0], after: images[1])
        let second = Change(name: "second", before: images[0], after: images[2])
        for step in 0..<(try failableSteps(first)) {
            let storage = MemoryStorage(images[0].bytes)
            storage.failure = .init(step: step, halves: 1)
            #expect(throws: RedoLogError.self) { try first.transaction(storage).commit() }
            storage.failure = nil
            let start = storage.steps.count
            try second.transaction(storage).commit()
            try check(storage, second, from: start, on: images[0])
        }
    }

    /// A process is killed in its commit; the next one recovers, commits, and the power goes.
    @Test(arguments: [0, 3])
    func commit_AfterAKilledOne_CutAnywhere_IsBeforeOrAfter(version: Int) throws {
        let images = [20_000, 31_000, 26_000].enumerated().map {
            Image(version: version, length: $0.element, seed: UInt64($0.offset))
        }
        let first = Change(name: "first", before: images[0], after: images[1])
        let whole = MemoryStorage(images[0].bytes)
        try first.transaction(whole).commit()
        for killed in 0...whole.steps.count {
            let storage = MemoryStorage(images[0].bytes)
            for step in whole.steps.prefix(killed) { try step.apply(to: storage) }
            _ = try RedoLog.recover(storage, Finding(storage), .power)
            let start = storage.steps.count
            let base = first.isAfter(storage.bytes) ? images[1] : images[0]
            let second = Change(name: "second", before: base, after: images[2])
            try second.transaction(storage).commit()
            try check(storage, second, from: start, on: images[0])
        }
    }

    /// Those up to the commit point.
    private func failableSteps(_ change: Change) throws -> Int {
        let storage = MemoryStorage(change.before.bytes)
        try change.transaction(storage).commit()
        return storage.commitPoint + 1
    }

    private func check(_ storage: MemoryStorage, _ change: Change, from start: Int, on first: Image) throws {
        for end in start...storage.steps.count {
            for seed in 0..<10 {
                var random = SplitMix(state: UInt64(end * 1000 + seed))
                let disk = MemoryStorage(Disk(first.bytes, storage.steps.prefix(end), &random).bytes)
                _ = try RedoLog.recover(disk, Finding(disk), .power)
                let isRight = change.isAfter(disk.bytes) || change.isBefore(disk.bytes)
                #expect(isRight, "step \(end) of \(storage.steps.count)")
            }
        }
    }
}

extension MemoryStorage.Step {
    fileprivate func apply(to storage: MemoryStorage) throws {
        switch self {
        case .write(let place, let bytes): try storage.write(bytes, at: place)
        case .size(let size): try storage.setSize(size)
        case .synchronize: try storage.synchronize()
        case .reserve: break
        }
    }
}
