import Glibc

@testable import FileLock

/// A new folder that is removed, with its files, when the test lets go of it.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/filelock-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
    }

    deinit {
        for name in names { unlink(path + "/" + name) }
        rmdir(path)
    }

    private var names: [String] = []

    /// Makes a file and tells its path.
    func file(_ name: String = "run1.h5") -> String {
        let file = place(name)
        close(Glibc.open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
        return file
    }

    /// A path of this folder where nothing is yet.
    func place(_ name: String) -> String {
        names.append(name)
        return path + "/" + name
    }
}

/// How many descriptors of this process are open on a file; others' tests do not disturb the count.
func openDescriptors(on path: String) throws -> Int {
    var wanted = stat()
    guard stat(path, &wanted) == 0 else { return 0 }
    return (0..<Int32(1024)).count { number in
        var status = stat()
        return fstat(number, &status) == 0 && FileIdentity(status) == FileIdentity(wanted)
    }
}

/// A file opened with libc only, as another program would, and locked.
struct Foreign: ~Copyable {
    let descriptor: Int32

    init(_ path: String, _ operation: Int32) {
        descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        flock(descriptor, operation | LOCK_NB)
    }

    deinit { close(descriptor) }
}

/// Whether another program would get this lock now.
func isGranted(_ operation: Int32, on path: String) -> Bool {
    let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    return flock(descriptor, operation | LOCK_NB) == 0
}

/// Whether it comes true within 20 s; for what should be so at once but for a process that another test starts: until
/// its `exec` it holds duplicates of all our descriptors, and so their locks.
func comesTrue(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = SystemWaiting().now() + .seconds(20)
    while try !condition() {
        if SystemWaiting().now() > deadline { return false }
        SystemWaiting().sleep(for: .milliseconds(1))
    }
    return true
}

/// Time that passes only by sleeping; `onSleep` is what others do meanwhile.
struct FakeWaiting: Waiting {
    var elapsed = Duration.zero
    var sleeps: [Duration] = []
    var onSleep: (Int) -> Void = { _ in }
    private var state: UInt64 = 42

    init(onSleep: @escaping (Int) -> Void = { _ in }) {
        self.onSleep = onSleep
    }

    func now() -> Duration { elapsed }

    mutating func sleep(for time: Duration) {
        elapsed += time
        sleeps.append(time)
        onSleep(sleeps.count)
    }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
