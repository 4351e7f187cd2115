import FileLock
import Glibc
import H5Model
import Testing

@testable import Gate

/// A clock that stands still until a test moves it.
private final class TestClock {
    var now = ContinuousClock.Instant.now
}

/// A served directory with one file, and leases on it, in a time that a test tells.
private final class Fixture {
    let folder: ScratchFolder
    let clock = TestClock()
    let loop: EventLoop
    let locks: FileLocks
    let leases: Leases
    let path: FilePath = [Array("a.h5".utf8)]
    var log: [String] = []

    init(_ limits: Leases.Limits = Leases.Limits()) throws {
        let folder = try ScratchFolder()
        self.folder = folder
        folder.make("a.h5", "text")
        loop = try EventLoop { [clock] in clock.now }
        let root = try ServedRoot(folder.path)
        locks = FileLocks(loop: loop, root: root)
        leases = Leases(loop: loop, locks: locks, limits: limits) { path throws(ServiceError) in
            try NewFile(try root.place(path), EntryRights(mode: 0o600))
        }
        leases.changed = { [unowned self] lease, isTaken in log.append("\(isTaken ? "+" : "-")\(lease.mode)") }
    }

    /// Time passes, and what is due is done.
    func pass(_ time: Duration) {
        clock.now = clock.now + time
        loop.runOnce(atMost: .zero)
    }

    func wish(
        _ mode: LockMode = .exclusive, ttl: Duration = .seconds(60), creates: Bool = false, name: String = "a.h5",
        client: String = "here"
    ) -> Leases.Wish {
        Leases.Wish(path: [Array(name.utf8)], mode: mode, ttl: ttl, creates: creates, client: client)
    }

    /// A lease that can be had at once.
    func lease(_ wish: Leases.Wish) throws -> Lease {
        let claim = try leases.claim(wish, wait: .zero) { _ in }
        try #require(claim.isHeld)
        return try leases.grant(wish, claim)
    }

    /// A request under a lease, or without one; the outcome of its wait is logged.
    func request(
        _ name: String, _ mode: LockMode = .exclusive, under lease: Lease? = nil, wait: Duration = .seconds(100)
    ) throws -> LockClaim {
        let claim = try locks.claim(path, mode, wait: wait, lease: lease) { [unowned self] result in
            switch result {
            case .success: log.append(name)
            case .failure(let error): log.append("\(name): \(error.code.rawValue)")
            }
        }
        claim.leaseEnded = { [unowned self] in log.append("\(name) is to end") }
        return claim
    }

    /// Whether another program could have the lock.
    func isFree(_ operation: Int32 = LOCK_EX) -> Bool {
        let file = Descriptor(open("\(folder.path)/a.h5", O_RDWR))
        return flock(file.number, operation | LOCK_NB) == 0
    }
}

@Suite struct LeasesTests {
    // MARK: The life of a lease: granted, renewed, released, expired

    @Test func grant_FreeFile_HoldsTheFilesLock() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish())
        #expect(lease.state == .active)
        #expect(!fixture.isFree(LOCK_SH))
        let found = try fixture.leases.find(lease.token)
        #expect(found === lease)
        #expect(fixture.log == ["+exclusive"])
    }

    @Test func grant_Shared_LetsOtherReadersIn() throws {
        let fixture = try Fixture()
        _ = try fixture.lease(fixture.wish(.shared))
        _ = try fixture.lease(fixture.wish(.shared))
        #expect(fixture.isFree(LOCK_SH) && !fixture.isFree(LOCK_EX))
    }

    @Test func fence_OfEachLease_IsGreaterThanTheLast() throws {
        let fixture = try Fixture()
        let fences = try (0..<5).map { _ in try fixture.lease(fixture.wish(.shared)).fence }
        #expect(zip(fences, fences.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func tokens_AreLongAndNeverTheSame() throws {
        let fixture = try Fixture()
        let tokens = try (0..<50).map { _ in try fixture.lease(fixture.wish(.shared)).token }
        #expect(Set(tokens).count == 50)
        #expect(Set(tokens.map(\.count)) == [32])
    }

    @Test func release_GivesTheLockBackAndForgetsTheToken() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish())
        fixture.leases.end(lease)
        #expect(lease.state == .ended)
        #expect(fixture.isFree())
        #expect(throws: Lease.lost) { try fixture.leases.find(lease.token) }
        #expect(fixture.log == ["+exclusive", "-exclusive"])
    }

    @Test func expiry_AtTheEndOfTheTimeToLive_NotBefore() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish(ttl: .seconds(10)))
        fixture.pass(.milliseconds(9999))
        #expect(lease.isActive)
        fixture.pass(.milliseconds(1))
        #expect(lease.state == .ended)
        #expect(fixture.isFree())
        #expect(throws: Lease.lost) { try fixture.leases.find(lease.token) }
    }

    @Test func renewal_CountsFromNow() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish(ttl: .seconds(10)))
        fixture.pass(.seconds(9))
        fixture.leases.renew(lease, .seconds(5))
        fixture.pass(.milliseconds(4999))
        #expect(lease.isActive)
        fixture.pass(.milliseconds(1))
        #expect(lease.state == .ended)
    }

    @Test func renewal_CanShortenTheLease() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish(ttl: .seconds(1000)))
        fixture.leases.renew(lease, .seconds(1))
        fixture.pass(.seconds(1))
        #expect(lease.state == .ended)
    }

    @Test(arguments: [Duration.milliseconds(999), .zero, .seconds(-5), .seconds(3601)])
    func claim_TimeToLiveThatIsNotAllowed_IsInvalid(ttl: Duration) throws {
        let fixture = try Fixture()
        let error = #expect(throws: ServiceError.self) { try fixture.lease(fixture.wish(ttl: ttl)) }
        #expect(error?.code == .invalid)
    }

    @Test func claim_BeyondTheLimits_IsUnavailable() throws {
        let fixture = try Fixture(Leases.Limits(most: 3, mostPerClient: 2))
        for _ in 0..<2 { _ = try fixture.lease(fixture.wish(.shared)) }
        let own = #expect(throws: ServiceError.self) { try fixture.lease(fixture.wish(.shared)) }
        #expect(own?.code == .unavailable)
        let other = try fixture.lease(fixture.wish(.shared, client: "there"))
        let all = #expect(throws: ServiceError.self) { try fixture.lease(fixture.wish(.shared, client: "elsewhere")) }
        #expect(all?.code == .unavailable)
        fixture.leases.end(other)
        _ = try fixture.lease(fixture.wish(.shared, client: "elsewhere"))
    }

    // MARK: The queue

    @Test func waiters_AtExpiry_HaveTheLockInTurn() throws {
        let fixture = try Fixture()
        _ = try fixture.lease(fixture.wish(ttl: .seconds(10)))
        let first = try fixture.request("w1")
        let second = try fixture.request("r2", .shared)
        fixture.pass(.seconds(10))
        // After so long the file is left free for a moment.
        fixture.pass(.milliseconds(4))
        #expect(first.isHeld && !second.isHeld)
        fixture.locks.pause(first)
        #expect(second.isHeld)
        #expect(fixture.log == ["+exclusive", "-exclusive", "w1", "r2"])
    }

    @Test func waiter_WhoseWaitIsOver_IsLockedAndLeavesTheQueue() throws {
        let fixture = try Fixture()
        _ = try fixture.lease(fixture.wish())
        _ = try fixture.request("w1", wait: .seconds(5))
        let second = try fixture.request("w2", wait: .seconds(50))
        fixture.pass(.seconds(5))
        #expect(fixture.log == ["+exclusive", "w1: locked"])
        #expect(second.state == .queued)
    }

    @Test func waiter_ThatLeaves_IsForgottenAtOnce() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish(.shared))
        let writer = try fixture.request("w1")
        let reader = try fixture.request("r2", .shared)
        #expect(!reader.isHeld)
        fixture.locks.pause(writer)
        #expect(reader.isHeld)
        fixture.leases.end(lease)
    }

    @Test func claim_BehindOthers_BecomesALeaseInItsTurn() throws {
        let fixture = try Fixture()
        let first = try fixture.lease(fixture.wish(ttl: .seconds(5)))
        let wish = fixture.wish(ttl: .seconds(7))
        var second: Lease?
        var claim: LockClaim?
        claim = try fixture.leases.claim(wish, wait: .seconds(100)) { _ in
            if let claim { second = try? fixture.leases.grant(wish, claim) }
        }
        fixture.pass(.seconds(5))
        fixture.pass(.milliseconds(4))
        #expect(first.state == .ended)
        let granted = try #require(second)
        #expect(granted.fence > first.fence)
        fixture.pass(.seconds(7))
        #expect(granted.state == .ended && fixture.isFree())
    }

    @Test func waiters_BeyondTheLimitOfAFile_AreUnavailable() throws {
        let fixture = try Fixture()
        let locks = FileLocks(loop: fixture.loop, root: try ServedRoot(fixture.folder.path), mostWaiters: 2)
        let claims = try (0..<3).map { _ in try locks.claim(fixture.path, .exclusive, wait: .seconds(9)) { _ in } }
        #expect(claims.map(\.isHeld) == [true, false, false])
        let error = #expect(throws: ServiceError.self) {
            try locks.claim(fixture.path, .shared, wait: .seconds(9)) { _ in }
        }
        #expect(error?.code == .unavailable)
        claims.reversed().forEach(locks.pause)
    }

    // MARK: Requests under a lease

    @Test func requests_UnderAnExclusiveLease_ComeOneAfterAnother() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish())
        let first = try fixture.request("a", .shared, under: lease)
        let second = try fixture.request("b", under: lease)
        let third = try fixture.request("c", .shared, under: lease)
        #expect(first.isHeld && !second.isHeld && !third.isHeld)
        fixture.locks.pause(first)
        #expect(second.isHeld && !third.isHeld)
        fixture.locks.pause(second)
        #expect(fixture.log == ["+exclusive", "b", "c"])
        #expect(!fixture.isFree(LOCK_SH))
    }

    @Test func requests_UnderASharedLease_RunSideBySideAndOnlyRead() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish(.shared))
        let claims = try (0..<3).map { try fixture.request("r\($0)", .shared, under: lease) }
        #expect(claims.map(\.isHeld) == [true, true, true])
        let error = #expect(throws: ServiceError.self) { try fixture.request("w", under: lease) }
        #expect(error?.code == .wrongKind)
    }

    @Test func request_UnderALeaseWhileAnotherWaitsOutside_IsNotHeldUp() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish(.shared))
        let outside = try fixture.request("w")
        let inside = try fixture.request("r", .shared, under: lease)
        #expect(!outside.isHeld && inside.isHeld)
    }

    @Test func request_ForAnotherFile_IsInvalid() throws {
        let fixture = try Fixture()
        fixture.folder.make("b.h5", "text")
        let lease = try fixture.lease(fixture.wish())
        let error = #expect(throws: ServiceError.self) {
            try fixture.locks.claim([Array("b.h5".utf8)], .shared, wait: .zero, lease: lease) { _ in }
        }
        #expect(error?.code == .invalid)
    }

    @Test func request_AfterTheEnd_IsLost() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish())
        fixture.leases.end(lease)
        #expect(throws: Lease.lost) { _ = try fixture.request("r", .shared, under: lease) }
    }

    @Test func expiry_WhileRequestsRunAndWait_KeepsTheLockUntilTheRunningOneIsOver() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish(ttl: .seconds(10)))
        let running = try fixture.request("a", under: lease)
        _ = try fixture.request("b", under: lease)
        let outside = try fixture.request("next")
        fixture.pass(.seconds(10))
        #expect(lease.state == .ending)
        #expect(fixture.log == ["+exclusive", "b: lease_lost", "a is to end"])
        #expect(!fixture.locks.isStillOurs(running), "it may not begin to commit any more")
        #expect(!fixture.isFree(LOCK_SH) && !outside.isHeld)
        fixture.locks.pause(running)
        fixture.pass(.milliseconds(4))
        #expect(lease.state == .ended && outside.isHeld)
        #expect(fixture.log.suffix(2) == ["-exclusive", "next"])
    }

    @Test func request_UnderALeaseOfAReplacedFile_IsLost() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish())
        fixture.folder.make("b.h5", "text")
        rename("\(fixture.folder.path)/b.h5", "\(fixture.folder.path)/a.h5")
        let error = #expect(throws: ServiceError.self) { try fixture.request("r", .shared, under: lease) }
        #expect(error?.code == .leaseLost)
    }

    // MARK: Files that are replaced, removed, and still to be made

    @Test func orphan_UnderALease_EndsIt() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish())
        let claim = try fixture.request("d", under: lease)
        unlink("\(fixture.folder.path)/a.h5")
        fixture.locks.orphan(claim)
        #expect(lease.state == .ended)
        #expect(fixture.log == ["+exclusive", "-exclusive"])
    }

    @Test func move_ToAReplacement_TakesTheLeaseAlong() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish())
        let waiter = try fixture.request("w")
        let place = try ServedRoot(fixture.folder.path).place(fixture.path)
        let new = try NewFile(place, EntryRights(mode: 0o600))
        try new.publishReplacing()
        fixture.leases.move(lease, to: try OpenFile(path: fixture.path, sharing: new.descriptor))
        #expect(lease.isActive && !fixture.isFree(LOCK_SH))
        let reader = try fixture.request("r", .shared, under: lease)
        #expect(reader.file.identity == lease.claim.file.identity)
        #expect(waiter.file.identity == lease.claim.file.identity && !waiter.isHeld)
    }

    @Test func create_MissingFile_ReservesItsName() throws {
        let fixture = try Fixture()
        let missing: FilePath = [Array("new.h5".utf8)]
        let plain = #expect(throws: ServiceError.self) { try fixture.lease(fixture.wish(name: "new.h5")) }
        #expect(plain?.code == .notFound)
        let lease = try fixture.lease(fixture.wish(creates: true, name: "new.h5"))
        #expect(throws: ServiceError.self) { try fixture.leases.checkFree(missing, for: nil) }
        let own = try fixture.leases.leaseToMake(missing, lease)
        #expect(own === lease)
        #expect(access("\(fixture.folder.path)/new.h5", F_OK) != 0)
        fixture.leases.end(lease)
        try fixture.leases.checkFree(missing, for: nil)
    }

    @Test func create_BehindAnotherMaker_GetsTheFileThatItMade() throws {
        let fixture = try Fixture()
        let wish = fixture.wish(creates: true, name: "new.h5")
        let first = try fixture.lease(wish)
        var isThere = false
        let second = try fixture.leases.claim(wish, wait: .seconds(9)) { result in
            if case .success = result { isThere = true }
        }
        let isPublished = try first.newFile?.publish()
        #expect(isPublished == true)
        fixture.leases.published(first)
        fixture.leases.end(first)
        #expect(isThere && second.isHeld)
        #expect(second.file.identity == first.claim.file.identity)
        unlink("\(fixture.folder.path)/new.h5")
    }

    @Test func create_BehindAMakerThatMadeNothing_IsToldThatThereIsNothing() throws {
        let fixture = try Fixture()
        let wish = fixture.wish(creates: true, name: "new.h5")
        let first = try fixture.lease(wish)
        var error: ServiceError?
        _ = try fixture.leases.claim(wish, wait: .seconds(9)) { result in
            if case .failure(let failure) = result { error = failure }
        }
        fixture.leases.end(first)
        #expect(error?.code == .notFound)
    }

    // MARK: Thousands, and what is told of them

    /// One after another, without a call inside a call for each: 4,000 would take more stack than there is.
    @Test func turns_ThatAreGivenBackAtOnce_DoNotPileUp() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish())
        let first = try fixture.request("first", under: lease)
        var claims: [LockClaim?] = Array(repeating: nil, count: 4000)
        var order: [Int] = []
        for number in claims.indices {
            claims[number] = try fixture.locks.claim(fixture.path, .shared, wait: .seconds(9), lease: lease) { _ in
                order.append(number)
                if let claim = claims[number] { fixture.locks.pause(claim) }
            }
        }
        fixture.locks.pause(first)
        #expect(order == Array(claims.indices))
    }

    @Test func waiters_BehindAMakerThatMadeNothing_AreToldInTheirOrder() throws {
        let fixture = try Fixture()
        let lease = try fixture.lease(fixture.wish(creates: true, name: "new.h5"))
        var order: [Int] = []
        for number in 0..<100 {
            _ = try fixture.leases.claim(behind: lease, wait: .seconds(9)) { _ in order.append(number) }
        }
        fixture.leases.end(lease)
        #expect(order == Array(0..<100))
    }

    @Test func grant_OfWaitersBeyondTheLimit_IsUnavailable() throws {
        let fixture = try Fixture(Leases.Limits(mostPerClient: 1))
        let (wish, other) = (fixture.wish(.shared), fixture.wish(.shared))
        let claims = try [wish, other].map { try fixture.leases.claim($0, wait: .zero) { _ in } }
        _ = try fixture.leases.grant(wish, claims[0])
        let error = #expect(throws: ServiceError.self) { try fixture.leases.grant(other, claims[1]) }
        #expect(error?.code == .unavailable)
    }

    @Test(
        arguments: [
            ("/v1/values/a.h5/x?select=1", "/v1/values/a.h5/x?select=1"), ("/v1/locks/a.h5", "/v1/locks/a.h5"),
            ("/v1/locks/a.h5/0123456789abcdef0123456789abcdef", "/v1/locks/a.h5/..."),
            ("/v1/locks?token=0123456789ABCDEF0123456789abcdef&file=a.h5", "/v1/locks?token=...&file=a.h5"),
            ("/v1/files/a.h5/0123456789abcdef0123456789abcdef", "/v1/files/a.h5/..."),
            ("/v1/locks/a.h5/%30123456789abcdef0123456789abcdef?x=%00", "/v1/locks/..."),
        ])
    func withoutTokens_OfATarget_HasNone(target: String, expected: String) {
        #expect(Leases.withoutTokens(Array(target.utf8)) == expected)
    }
}
