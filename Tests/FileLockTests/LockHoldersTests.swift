import Glibc
import Testing

@testable import FileLock

@Suite struct LockHoldersTests {
    let folder = TemporaryFolder()
    /// Device 254:0, as in the table.
    let file = FileIdentity(device: 0xFE00, inode: 1234)

    @Test func holders_InATable_AreThoseOfThisFilesFlockLocks() {
        let table = """
            1: FLOCK  ADVISORY  READ 4711 fe:00:1234 0 EOF
            1: -> FLOCK  ADVISORY  WRITE 4712 fe:00:1234 0 EOF
            2: POSIX  ADVISORY  WRITE 4713 fe:00:1234 0 EOF
            3: FLOCK  ADVISORY  READ 4714 fe:00:12345 0 EOF
            4: FLOCK  ADVISORY  READ 4715 00:fe:1234 0 EOF
            5: FLOCK  ADVISORY  READ 0 fe:00:1234 0 EOF
            6: FLOCK  ADVISORY  WRITE 4716 fe:00:1234 0 EOF
            7: FLOCK  ADVISORY  READ 4711 fe:00:1234 0 EOF
            """
        let found = FileLock.holders(of: file, in: table)
        #expect(found == [.init(process: 4711, mode: .shared), .init(process: 4716, mode: .exclusive)])
    }

    @Test(arguments: [(0x0801, "08:01"), (0x1234_5678, "456:12378"), (0x10_0000_0000_0001, "100000:01")])
    func holders_OfAnyDevice_AreFoundAsTheKernelWritesIt(device: UInt64, text: String) {
        let file = FileIdentity(device: device, inode: 5)
        let found = FileLock.holders(of: file, in: "1: FLOCK ADVISORY READ 9 \(text):5 0 EOF\n")
        #expect(found.map(\.process) == [9])
    }

    @Test func holders_WhileAnotherProcessHolds_IncludeIt() throws {
        let path = folder.file()
        let holder = try Holder(path)
        let error = #expect(throws: FileLockError.self) {
            _ = try FileLock.open(path, mode: .shared, attempts: 1, wait: .zero)
        }
        guard case .locked(_, _, _, let holders) = error else {
            Issue.record("not locked: \(String(describing: error))")
            return
        }
        // Empty where the kernel and `stat` name the device differently.
        #expect(holders == [holder.process] || holders.isEmpty)
        #expect("\(error.map(String.init(describing:)) ?? "")".contains("run1.h5 could not be locked (shared)"))
        holder.end()
        let mine = try FileLock.open(path, mode: .exclusive, attempts: 100, wait: .milliseconds(50))
        #expect(mine.mode == .exclusive)
    }
}

/// Another process that holds an exclusive lock until it is killed.
final class Holder {
    private(set) var process: pid_t = 0

    init(_ path: String) throws {
        let words = ["flock", "--exclusive", "--no-fork", path, "sleep", "60"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        let failure = posix_spawnp(&process, "flock", nil, nil, &arguments, environ)
        guard failure == 0 else { throw FileLockError.system(errno: failure, operation: "start flock") }
        guard comesTrue({ !isGranted(LOCK_SH, on: path) }) else {
            throw FileLockError.system(errno: ETIMEDOUT, operation: "see flock lock the file")
        }
    }

    func end() {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
        process = 0
    }

    deinit {
        if process != 0 { end() }
    }
}
