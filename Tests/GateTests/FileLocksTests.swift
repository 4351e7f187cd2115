import FileLock
import Glibc
import H5Model
import Testing

@testable import Gate

/// A served directory with one file, and locks on it; events run as long as a test waits for them.
private final class Fixture {
    let folder: String
    let loop: EventLoop
    let locks: FileLocks
    let path: FilePath = [Array("a.h5".utf8)]

    init() throws {
        folder = try Self.makeFolder()
        loop = try EventLoop()
        locks = FileLocks(loop: loop, root: try ServedRoot(folder))
        make("a.h5")
    }

    deinit {
        for name in ["a.h5", "b.h5"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    private static func makeFolder() throws -> String {
        var template = Array("/tmp/lockedh5-gate-XXXXXX".utf8CString)
        _ = try #require(mkdtemp(&template))
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func make(_ name: String) {
        close(open("\(folder)/\(name)", O_CREAT | O_RDWR, 0o600))
    }

    /// Another open file description, as another program has one.
    func foreign(_ operation: Int32) -> Int32 {
        let descriptor = open("\(folder)/a.h5", O_RDWR)
        flock(descriptor, operation)
        return descriptor
    }

    /// Claims the file; what comes later is appended to `log`.
    func claim(_ mode: LockMode, wait: Duration = .seconds(20), _ log: Log, _ name: String) throws -> LockClaim {
        try locks.claim(path, mode, wait: wait) { result in
            switch result {
            case .success: log.lines.append(name)
            case .failure(let error): log.lines.append("\(name): \(error.code.rawValue)")
            }
        }
    }

    /// Lets events run until `condition` holds; false after 20 s.
    func eventually(_ condition: () -> Bool) -> Bool {
        let end = ContinuousClock.Instant.now + .seconds(20)
        while !condition() {
            if ContinuousClock.Instant.now > end { return false }
            loop.runOnce(atMost: .milliseconds(20))
        }
        return true
    }
}

private final class Log {
    var lines: [String] = []
}

@Suite struct FileLocksTests {
    private let fixture: Fixture
    private let log = Log()

    init() throws {
        fixture = try Fixture()
    }

    @Test func claim_FreeFile_HasTheLockAtOnce() throws {
        let claim = try fixture.claim(.exclusive, log, "a")
        #expect(claim.isHeld)
        let other = fixture.foreign(LOCK_SH | LOCK_NB)
        defer { close(other) }
        #expect(errno == EWOULDBLOCK)
        fixture.locks.pause(claim)
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
    }

    @Test func claim_BesideOurWriter_WaitsInTurn() throws {
        let writer = try fixture.claim(.exclusive, log, "w")
        let reader = try fixture.claim(.shared, log, "r")
        let second = try fixture.claim(.exclusive, log, "w2")
        let late = try fixture.claim(.shared, log, "r2")
        #expect(!reader.isHeld && !second.isHeld && !late.isHeld)
        fixture.locks.pause(writer)
        #expect(log.lines == ["r"])
        fixture.locks.pause(reader)
        #expect(log.lines == ["r", "w2"])
        fixture.locks.pause(second)
        #expect(log.lines == ["r", "w2", "r2"])
        fixture.locks.pause(late)
    }

    @Test func claim_ForeignLock_IsPolledUntilFree() throws {
        let other = fixture.foreign(LOCK_EX)
        let claim = try fixture.claim(.shared, log, "r")
        #expect(!claim.isHeld)
        close(other)
        #expect(fixture.eventually { claim.isHeld })
        #expect(log.lines == ["r"])
        fixture.locks.pause(claim)
    }

    @Test func claim_SeveralBehindAForeignLock_AllGetIn() throws {
        let other = fixture.foreign(LOCK_EX)
        let claims = try (0..<5).map { try fixture.claim(.shared, log, "r\($0)") }
        fixture.locks.pause(claims[0])
        close(other)
        #expect(fixture.eventually { claims.dropFirst().allSatisfy(\.isHeld) })
        #expect(log.lines.sorted() == ["r1", "r2", "r3", "r4"])
        claims.forEach(fixture.locks.pause)
    }

    @Test func claim_WaitOver_IsLockedAndNamesTheFile() throws {
        let other = fixture.foreign(LOCK_EX)
        defer { close(other) }
        let error = #expect(throws: ServiceError.self) { try fixture.claim(.shared, wait: .zero, log, "r") }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("a.h5") == true)
        _ = try fixture.claim(.shared, wait: .milliseconds(30), log, "late")
        #expect(fixture.eventually { !log.lines.isEmpty })
        #expect(log.lines == ["late: locked"])
    }

    @Test func claim_FileReplacedMeanwhile_LocksTheNewOne() throws {
        let other = fixture.foreign(LOCK_EX)
        let claim = try fixture.claim(.exclusive, log, "w")
        let old = claim.file.identity
        fixture.make("b.h5")
        rename("\(fixture.folder)/b.h5", "\(fixture.folder)/a.h5")
        close(other)
        #expect(fixture.eventually { claim.isHeld })
        #expect(claim.file.identity != old)
        #expect(claim.file.identity == (try FileIdentity(descriptor: claim.file.descriptor)))
        fixture.locks.pause(claim)
    }

    @Test func orphan_ReplacedFile_StaysLockedWhileWaitersGetTheNewOne() throws {
        let claim = try fixture.claim(.exclusive, log, "w")
        let waiter = try fixture.claim(.shared, log, "r")
        let other = open("\(fixture.folder)/a.h5", O_RDWR)
        defer { close(other) }
        fixture.make("b.h5")
        rename("\(fixture.folder)/b.h5", "\(fixture.folder)/a.h5")
        fixture.locks.orphan(claim)
        #expect(fixture.eventually { waiter.isHeld })
        #expect(waiter.file.identity != claim.file.identity)
        #expect(flock(other, LOCK_SH | LOCK_NB) < 0)
        fixture.locks.pause(waiter)
    }

    @Test func claim_ReadersThatOverlapForLong_LeaveTheLockFreeNowAndThen() throws {
        var current = try fixture.claim(.shared, log, "r")
        let other = open("\(fixture.folder)/a.h5", O_RDWR)
        defer { close(other) }
        let isFree = fixture.eventually {
            if current.isHeld, let next = try? fixture.claim(.shared, log, "r") {
                fixture.locks.pause(current)
                current = next
            }
            return flock(other, LOCK_EX | LOCK_NB) == 0
        }
        #expect(isFree)
        fixture.locks.pause(current)
    }

    @Test func claim_WriterAmong64ConstantReaders_GetsInAfterThoseBeforeIt() throws {
        let readers = try (0..<64).map { try fixture.claim(.shared, log, "r\($0)") }
        let writer = try fixture.claim(.exclusive, log, "w")
        var later: [LockClaim] = []
        for reader in readers {
            #expect(!writer.isHeld)
            fixture.locks.pause(reader)
            later.append(try fixture.claim(.shared, log, "later"))
        }
        #expect(fixture.eventually { writer.isHeld })
        #expect(log.lines == ["w"])
        fixture.locks.pause(writer)
        #expect(fixture.eventually { later.allSatisfy { $0.isHeld } })
        later.forEach(fixture.locks.pause)
    }

    @Test func claim_ReaderAmongConstantWriters_GetsInAfterThoseBeforeIt() throws {
        var writers = try (0..<16).map { try fixture.claim(.exclusive, log, "w\($0)") }
        let reader = try fixture.claim(.shared, log, "r")
        for turn in 0..<16 {
            #expect(!reader.isHeld)
            #expect(fixture.eventually { writers[turn].isHeld })
            fixture.locks.pause(writers[turn])
            writers.append(try fixture.claim(.exclusive, log, "later"))
        }
        #expect(fixture.eventually { reader.isHeld })
        #expect(!log.lines.contains("later"))
        fixture.locks.pause(reader)
        writers.reversed().forEach(fixture.locks.pause)
    }

    @Test func pause_Waiter_LetsTheNextIn() throws {
        let reader = try fixture.claim(.shared, log, "r")
        let writer = try fixture.claim(.exclusive, log, "w")
        let second = try fixture.claim(.shared, log, "r2")
        fixture.locks.pause(writer)
        #expect(log.lines == ["r2"])
        for claim in [reader, second] { fixture.locks.pause(claim) }
    }

    @Test func resume_PausedClaim_HasTheLockOfTheSameFile() throws {
        let claim = try fixture.claim(.shared, log, "r")
        fixture.locks.pause(claim)
        fixture.make("b.h5")
        rename("\(fixture.folder)/b.h5", "\(fixture.folder)/a.h5")
        let identity = claim.file.identity
        try fixture.locks.resume(claim, wait: .seconds(1)) { _ in }
        #expect(claim.isHeld)
        #expect(claim.file.identity == identity)
        fixture.locks.pause(claim)
    }

    @Test func claim_MissingFile_IsNotFound() {
        unlink("\(fixture.folder)/a.h5")
        let error = #expect(throws: ServiceError.self) { try fixture.claim(.shared, log, "r") }
        #expect(error == ServiceError(.notFound, "no file or directory a.h5"))
    }
}
