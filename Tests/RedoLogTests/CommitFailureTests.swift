import Glibc
import Testing

@testable import RedoLog

/// Every step of a commit fails once, or it and all after it, at once or half way.
@Suite struct CommitFailureTests {
    static let failures = [false, true].flatMap { goesOn in
        [0, 1, 2].flatMap { halves in
            [ENOSPC, EIO].map { MemoryStorage.Failure(step: 0, goesOn: goesOn, halves: halves, code: $0) }
        }
    }

    @Test(arguments: Change.all)
    func commit_ThatFailsAnywhere_LeavesTheBeforeOrSaysThatItIsMade(change: Change) throws {
        for step in 0..<(try steps(change)) {
            for var failure in Self.failures {
                failure.step = step
                try check(change, failure)
            }
        }
    }

    private func steps(_ change: Change) throws -> Int {
        let storage = MemoryStorage(change.before.bytes)
        try change.transaction(storage).commit()
        return storage.steps.count
    }

    private func check(_ change: Change, _ failure: MemoryStorage.Failure) throws {
        let storage = MemoryStorage(change.before.bytes)
        storage.failure = failure
        let result = commit(change, storage)
        storage.failure = nil
        // On a disk that refuses everything not even the log can be cut off.
        let canUndo = !failure.goesOn
        if case .failure(let error) = result, canUndo, !error.isUnfinished {
            #expect(storage.bytes == change.before.bytes, "\(failure)")
        }
        _ = try RedoLog.recover(storage, Finding(storage), .power)
        let (isBefore, isAfter) = (change.isBefore(storage.bytes), change.isAfter(storage.bytes))
        switch result {
        case .success: #expect(isAfter, "\(failure)")
        case .failure(let error) where error.isUnfinished: #expect(isAfter, "\(failure)")
        case .failure: #expect(isBefore || isAfter && !canUndo, "\(failure)")
        }
        #expect([nil, .clean].contains(try? RedoLog.inspect(storage)))
    }

    private func commit(_ change: Change, _ storage: MemoryStorage) -> Result<Void, RedoLogError> {
        Result { () throws(RedoLogError) in
            do {
                try change.transaction(storage).commit()
            } catch let error as RedoLogError {
                throw error
            } catch {
                Issue.record(error)
            }
        }
    }
}

extension RedoLogError {
    fileprivate var isUnfinished: Bool {
        if case .unfinished = self { true } else { false }
    }
}
