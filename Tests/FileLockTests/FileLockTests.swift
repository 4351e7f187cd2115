import Glibc
import Testing

@testable import FileLock

@Suite struct FileLockTests {
    let folder = TemporaryFolder()

    @Test(arguments: [
        (FileLock.Mode.shared, LOCK_SH, true), (.shared, LOCK_EX, false),
        (.exclusive, LOCK_SH, false), (.exclusive, LOCK_EX, false),
    ])
    func tryLock_WhileAnotherHolds_ExcludesAsFlockDoes(mode: FileLock.Mode, held: Int32, granted: Bool) throws {
        let file = folder.file()
        let other = Foreign(file, held)
        let mine = OpenDescriptor(descriptor: Glibc.open(file, O_RDWR | O_CLOEXEC))
        #expect(try FileLock.tryLock(descriptor: mine.descriptor, mode: mode) == granted)
        _ = consume other
    }

    @Test func tryLock_AfterTheOtherClosed_IsGranted() throws {
        let file = folder.file()
        let other = Foreign(file, LOCK_EX)
        let mine = OpenDescriptor(descriptor: Glibc.open(file, O_RDWR | O_CLOEXEC))
        #expect(try !FileLock.tryLock(descriptor: mine.descriptor, mode: .shared))
        _ = consume other
        let descriptor = mine.descriptor
        #expect(try comesTrue { try FileLock.tryLock(descriptor: descriptor, mode: .shared) })
        _ = consume mine
    }

    @Test func tryLock_OfClosedDescriptor_SaysWhatTheSystemSays() {
        #expect(throws: FileLockError.system(errno: EBADF, operation: "lock a file")) {
            try FileLock.tryLock(descriptor: -1, mode: .shared)
        }
    }

    @Test func isSameFile_OfItsName_IsTrue() throws {
        let file = folder.file()
        let mine = Foreign(file, LOCK_SH)
        #expect(try FileLock.isSameFile(mine.descriptor, as: file))
    }

    @Test func isSameFile_OfARenamedOrReplacedFile_IsFalse() throws {
        let file = folder.file()
        let mine = Foreign(file, LOCK_SH)
        rename(folder.file("new.h5"), file)
        #expect(try !FileLock.isSameFile(mine.descriptor, as: file))
        unlink(file)
        #expect(try !FileLock.isSameFile(mine.descriptor, as: file))
    }

    @Test func isSameFile_RelativeToADirectory_LooksThere() throws {
        let mine = Foreign(folder.file("run1.h5"), LOCK_SH)
        let directory = OpenDescriptor(descriptor: Glibc.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        #expect(try FileLock.isSameFile(mine.descriptor, as: "run1.h5", in: directory.descriptor))
        #expect(try !FileLock.isSameFile(mine.descriptor, as: "run2.h5", in: directory.descriptor))
    }
}
