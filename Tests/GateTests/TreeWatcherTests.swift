import FileLock
import Glibc
import H5Model
import Testing

@testable import Gate

/// A watched folder, and what is told of it; events run as long as a test waits for them.
private final class Watched: TreeWatcherDelegate {
    let folder: ScratchFolder
    let loop: EventLoop
    let watcher: TreeWatcher
    var lines: [String] = []
    var busy: Set<FileIdentity> = []
    var marks = 0

    init(
        directories: Int = 100, files: Int = 1000, poll: Duration? = nil, _ prepare: (ScratchFolder) -> Void = { _ in }
    ) throws {
        folder = try ScratchFolder()
        loop = try EventLoop()
        let limits = TreeWatcher.Limits(
            directories: directories, files: files, linger: .zero, pollInterval: poll ?? .seconds(3600),
            pollsEverywhere: poll != nil)
        watcher = TreeWatcher(loop: loop, root: folder.root, limits: limits)
        watcher.delegate = self
        prepare(folder)
    }

    deinit {
        system("rm -rf \(folder.path)/*")
    }

    /// Watches a place, and waits until that has begun; the refusal, if it is refused.
    @discardableResult
    func watch(_ text: String = "") -> (root: WatchedRoot, refusal: ServiceError?) {
        var result: Result<Int, ServiceError>?
        let root = watcher.watch(folder.names(text)) { result = $0 }
        _ = eventually { result != nil }
        if case .failure(let error) = result { return (root, error) }
        return (root, nil)
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

    func tells(_ line: String) -> Bool { eventually { lines.contains(line) } }

    /// Everything that has happened so far has been told.
    func settle() -> [String] {
        folder.make("last-\(marks)")
        marks += 1
        _ = tells("created last-\(marks - 1)")
        return lines.filter { !$0.contains("last-") }
    }

    func stamp(_ name: String) throws -> FileStamp {
        let file = Descriptor(open("\(folder.path)/\(name)", O_RDONLY))
        return try FileStamp(descriptor: file.number)
    }

    func mark() -> Int {
        marks += 1
        return marks
    }

    func tell(_ kind: Event.Kind, _ path: FilePath, _ sighting: Sighting) {
        lines.append("\(kind) \(path.text)\(sighting.isDirectory ? "/" : "")")
    }

    func tellLoss() { lines.append("loss") }

    func isBusy(_ file: FileIdentity) -> Bool { busy.contains(file) }

    func tellEnd(of path: FilePath, _ reason: ServiceError) { lines.append("end \(path.text)") }

    func mkdir(_ name: String) { Glibc.mkdir("\(folder.path)/\(name)", 0o700) }

    func rename(_ name: String, _ other: String) {
        Glibc.rename("\(folder.path)/\(name)", "\(folder.path)/\(other)")
    }
}

@Suite struct TreeWatcherTests {
    @Test func watch_FilesThatAreThere_AreNotTold() throws {
        let watched = try Watched { $0.make("a.h5") }
        watched.watch()
        #expect(watched.settle().isEmpty)
    }

    @Test func tell_FileOfItsLife_IsCreatedChangedRemoved() throws {
        let watched = try Watched()
        watched.watch()
        watched.folder.make("a.h5")
        #expect(watched.tells("created a.h5"))
        watched.folder.make("a.h5", "text")
        #expect(watched.tells("changed a.h5"))
        unlink("\(watched.folder.path)/a.h5")
        #expect(watched.tells("removed a.h5"))
        #expect(watched.settle() == ["created a.h5", "changed a.h5", "removed a.h5"])
    }

    @Test func tell_SeveralWritesInARow_AreOneChange() throws {
        let watched = try Watched { $0.make("a.h5") }
        watched.watch()
        for text in ["a", "ab", "abc"] { watched.folder.make("a.h5", text) }
        #expect(watched.tells("changed a.h5"))
        #expect(watched.settle() == ["changed a.h5"])
    }

    @Test func tell_NewPermissions_AreNoChange() throws {
        let watched = try Watched { $0.make("a.h5") }
        watched.watch()
        chmod("\(watched.folder.path)/a.h5", 0o644)
        close(open("\(watched.folder.path)/a.h5", O_RDWR))
        #expect(watched.settle().isEmpty)
    }

    @Test func tell_RenamedFile_IsRemovedAndCreated() throws {
        let watched = try Watched { $0.make("a.h5") }
        watched.watch()
        watched.rename("a.h5", "b.h5")
        #expect(watched.settle() == ["removed a.h5", "created b.h5"])
    }

    @Test func tell_ReplacedFile_IsChanged() throws {
        let watched = try Watched {
            $0.make("a.h5")
            $0.make(".new", "text")
        }
        watched.watch()
        watched.rename(".new", "a.h5")
        #expect(watched.settle() == ["changed a.h5"])
    }

    @Test func tell_HiddenNames_AreNotThere() throws {
        let watched = try Watched()
        watched.watch()
        watched.folder.make(".a.h5")
        watched.mkdir(".d")
        #expect(watched.settle().isEmpty)
    }

    @Test func tell_NewDirectories_AreWatchedWithWhatIsMadeInThemAtOnce() throws {
        let watched = try Watched()
        watched.watch()
        watched.mkdir("d")
        watched.mkdir("d/e")
        watched.folder.make("d/e/a.h5")
        #expect(watched.tells("created d/e/a.h5"))
        watched.folder.make("d/e/b.h5")
        #expect(watched.tells("created d/e/b.h5"))
        #expect(watched.settle() == ["created d/", "created d/e/", "created d/e/a.h5", "created d/e/b.h5"])
    }

    @Test func tell_RenamedDirectory_IsGoneWithEverythingAndComesWithIt() throws {
        let watched = try Watched()
        for name in ["d", "d/e"] { watched.mkdir(name) }
        watched.folder.make("d/e/a.h5")
        watched.watch()
        watched.rename("d", "f")
        #expect(watched.tells("created f/e/a.h5"))
        let lines = [
            "removed d/e/a.h5", "removed d/e/", "removed d/", "created f/", "created f/e/", "created f/e/a.h5",
        ]
        #expect(watched.settle() == lines)
        watched.folder.make("f/e/a.h5", "text")
        #expect(watched.tells("changed f/e/a.h5"))
    }

    @Test func watch_OneFile_TellsNothingOfOthers() throws {
        let watched = try Watched { $0.make("b.h5") }
        watched.mkdir("d")
        watched.folder.make("d/a.h5")
        watched.watch("d/a.h5")
        for name in ["d/b.h5", "b.h5", "d/a.h5"] { watched.folder.make(name, "text") }
        #expect(watched.tells("changed d/a.h5"))
        #expect(watched.lines == ["changed d/a.h5"])
    }

    @Test func watch_DirectoryThatGoesAndComes_IsToldAgain() throws {
        let watched = try Watched()
        for name in ["d", "d/e"] { watched.mkdir(name) }
        watched.watch("d/e")
        watched.rename("d", ".d")
        #expect(watched.tells("removed d/e/"))
        watched.folder.make(".d/e/a.h5")
        watched.rename(".d", "d")
        #expect(watched.tells("created d/e/a.h5"))
    }

    @Test func watch_MoreThanBefore_TellsNothingThatWasThere() throws {
        let watched = try Watched { $0.make("b.h5") }
        watched.mkdir("d")
        watched.folder.make("d/a.h5")
        watched.watch("d/a.h5")
        watched.watch()
        #expect(watched.settle().isEmpty)
        watched.folder.make("b.h5", "text")
        #expect(watched.tells("changed b.h5"))
    }

    @Test func tell_BusyFile_WaitsUntilItIsFree() throws {
        let watched = try Watched { $0.make("a.h5") }
        watched.watch()
        watched.busy = [try watched.stamp("a.h5").identity]
        watched.folder.make("a.h5", "text")
        #expect(watched.settle().isEmpty)
        watched.busy = []
        #expect(watched.tells("changed a.h5"))
    }

    @Test func committed_IsToldAtOnceAndOnce() throws {
        let watched = try Watched { $0.make("a.h5") }
        watched.watch()
        watched.folder.make("a.h5", "text")
        watched.watcher.committed(watched.folder.names("a.h5"), try watched.stamp("a.h5"))
        #expect(watched.lines == ["changed a.h5"])
        #expect(watched.settle() == ["changed a.h5"])
    }

    @Test func undone_IsNotTold() throws {
        let watched = try Watched { $0.make("a.h5", "text") }
        watched.watch()
        let before = try watched.stamp("a.h5")
        watched.folder.make("a.h5", "text")
        watched.watcher.undone(watched.folder.names("a.h5"), from: before, to: try watched.stamp("a.h5"))
        #expect(watched.settle().isEmpty)
    }

    @Test func undone_AfterAnotherProgramsChange_IsToldAsThat() throws {
        let watched = try Watched { $0.make("a.h5", "text") }
        watched.watch()
        watched.folder.make("a.h5", "other")
        let before = try watched.stamp("a.h5")
        watched.folder.make("a.h5", "other")
        watched.watcher.undone(watched.folder.names("a.h5"), from: before, to: try watched.stamp("a.h5"))
        #expect(watched.tells("changed a.h5"))
    }

    @Test func tell_Polling_FindsTheSame() throws {
        let watched = try Watched(poll: .milliseconds(20)) { $0.make("a.h5") }
        watched.watch()
        watched.mkdir("d")
        #expect(watched.tells("created d/"))
        watched.folder.make("d/b.h5")
        watched.folder.make("a.h5", "text")
        #expect(watched.tells("created d/b.h5") && watched.tells("changed a.h5"))
        unlink("\(watched.folder.path)/a.h5")
        #expect(watched.tells("removed a.h5"))
    }

    @Test func tell_FullQueueOfTheKernel_IsALossAndFindsTheRest() throws {
        let watched = try Watched { $0.make("a.h5") }
        watched.watch()
        // Two notices each; the kernel keeps 16,384 by default.
        for _ in 0..<5000 {
            watched.rename("a.h5", "c.h5")
            watched.rename("c.h5", "a.h5")
        }
        unlink("\(watched.folder.path)/a.h5")
        watched.folder.make("b.h5")
        #expect(watched.tells("removed a.h5") && watched.tells("created b.h5"))
        #expect(watched.lines.contains("loss"))
    }

    @Test func watch_TooMuch_IsRefused() throws {
        let watched = try Watched(directories: 2)
        for name in ["d", "d/e"] { watched.mkdir(name) }
        #expect(watched.watch().refusal?.code == .unavailable)
        #expect(watched.watcher.isIdle)
        #expect(watched.watch("d").refusal?.code == .unavailable)
    }

    @Test func tell_TooMuchLater_EndsWhatIsWatched() throws {
        let watched = try Watched(files: 2) { $0.make("a.h5") }
        watched.watch()
        for name in ["b.h5", "c.h5"] { watched.folder.make(name) }
        #expect(watched.eventually { watched.lines.contains { $0.hasPrefix("end") } })
        #expect(watched.watcher.isIdle)
    }

    @Test func leave_TheLastOne_EndsTheWatch() throws {
        let watched = try Watched { $0.make("a.h5") }
        let root = watched.watch().root
        watched.watcher.leave(root)
        #expect(watched.eventually { watched.watcher.isIdle })
        #expect(watched.watcher.directoryCount == 0 && watched.watcher.fileCount == 0)
        watched.watch()
        watched.folder.make("a.h5", "text")
        #expect(watched.tells("changed a.h5"))
    }

    @Test func tell_SymbolicLink_IsToldWhenItComesAndGoes() throws {
        let watched = try Watched { $0.make("a.h5") }
        watched.mkdir("d")
        watched.watch()
        symlink("a.h5", "\(watched.folder.path)/l.h5")
        #expect(watched.tells("created l.h5"))
        symlink("../d", "\(watched.folder.path)/d/loop")
        #expect(watched.tells("created d/loop/"))
        unlink("\(watched.folder.path)/l.h5")
        #expect(watched.tells("removed l.h5"))
    }
}
