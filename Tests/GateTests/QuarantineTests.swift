import FileLock
import Glibc
import Testing

@testable import Gate

@Suite struct QuarantineTests {
    private let now = ContinuousClock.Instant.now

    private func stamp(inode: UInt, size: Int = 1) -> FileStamp {
        var status = stat()
        status.st_ino = inode
        status.st_size = size
        return FileStamp(status)
    }

    @Test func noteDeath_AtTheLimit_RefusesForAWhile() {
        var quarantine = Quarantine(limit: 2, time: .seconds(60))
        let noted = (0..<2).map { _ in quarantine.noteDeath(stamp(inode: 1), at: now) }
        #expect(noted == [false, true])
        #expect(quarantine.remaining(stamp(inode: 1), at: now + .seconds(59)) == .seconds(1))
        #expect(quarantine.remaining(stamp(inode: 1), at: now + .seconds(60)) == nil)
    }

    @Test func noteDeath_OtherFiles_CountApart() {
        var quarantine = Quarantine(limit: 2, time: .seconds(60))
        let noted = [UInt(1), 2].map { quarantine.noteDeath(stamp(inode: $0), at: now) }
        #expect(noted == [false, false])
        #expect(quarantine.remaining(stamp(inode: 1), at: now) == nil)
    }

    @Test func remaining_ChangedFile_IsFree() {
        var quarantine = Quarantine(limit: 1, time: .seconds(60))
        let noted = quarantine.noteDeath(stamp(inode: 1), at: now)
        #expect(noted)
        #expect(quarantine.remaining(stamp(inode: 1, size: 2), at: now) == nil)
    }

    @Test func noteDeath_LongAgo_IsForgotten() {
        var quarantine = Quarantine(limit: 2, time: .seconds(60))
        let noted = [now, now + .seconds(61)].map { quarantine.noteDeath(stamp(inode: 1), at: $0) }
        #expect(noted == [false, false])
    }
}
