import FileLock
import Glibc
import H5Model
import Logging
import Testing

@testable import Gate

/// Events of a folder, and a stream of them.
private final class Heard {
    let folder: ScratchFolder
    let loop: EventLoop
    let locks: FileLocks
    let events: Events

    init(streams: Int = 10) throws {
        folder = try ScratchFolder()
        loop = try EventLoop()
        locks = FileLocks(loop: loop, root: folder.root)
        var settings = Settings(root: folder.path, workers: 1, zygoteCommand: [])
        settings.eventStreams = streams
        events = Events(
            loop: loop, root: folder.root, locks: locks, settings: settings, log: Logger(label: "test"))
        for name in ["a.h5", "b.h5"] { folder.make(name) }
    }

    func listen(_ text: String = "", after: String? = nil) throws -> EventStream {
        var result: Result<EventStream, ServiceError>?
        try events.listen(to: folder.names(text), after: after, isDirectory: text.isEmpty) { result = $0 }
        #expect(eventually { result != nil })
        return try #require(result).get()
    }

    func eventually(_ condition: () -> Bool) -> Bool {
        let end = ContinuousClock.Instant.now + .seconds(20)
        while !condition() {
            if ContinuousClock.Instant.now > end { return false }
            loop.runOnce(atMost: .milliseconds(20))
        }
        return true
    }

    /// What a stream has to send now.
    func read(_ stream: EventStream, at most: Int = 4096) -> String {
        var text = ""
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: most, alignment: 1)
        defer { buffer.deallocate() }
        while case .bytes(let count) = stream.read(into: buffer) {
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }

    func isEnd(_ stream: EventStream) -> Bool {
        if case .end = stream.read(into: UnsafeMutableRawBufferPointer(start: nil, count: 0)) { true } else { false }
    }
}

@Suite struct EventsTests {
    @Test func lockChanged_OfALease_IsToldToWhoListens() throws {
        let heard = try Heard()
        let (all, one) = (try heard.listen(), try heard.listen("b.h5"))
        _ = [heard.read(all), heard.read(one)]
        var ready: [String] = []
        all.onReady = { ready.append("all") }
        one.onReady = { ready.append("one") }
        heard.events.lockChanged(heard.folder.names("a.h5"), mode: .exclusive, isTaken: true, fence: 7)
        heard.events.lockChanged(heard.folder.names("a.h5"), mode: .exclusive, isTaken: false, fence: 7)
        #expect(ready == ["all"])
        #expect(heard.read(one).isEmpty)
        let lines = heard.read(all).split(separator: "\n").filter { !$0.hasPrefix("id") }
        #expect(lines.count == 4 && lines[0] == "event: locked" && lines[2] == "event: unlocked")
        #expect(lines[1].hasPrefix(#"data: {"path":"a.h5","kind":"file","#))
        #expect(lines[3].hasSuffix(#","mode":"exclusive","fence":7}"#))
        [all, one].forEach { $0.close() }
    }

    @Test func lockChanged_OfAFileThatIsNotThereYet_IsTold() throws {
        let heard = try Heard()
        let stream = try heard.listen()
        _ = heard.read(stream)
        heard.events.lockChanged(heard.folder.names("new.h5"), mode: .shared, isTaken: true, fence: 1)
        #expect(heard.read(stream).contains(#""path":"new.h5""#))
        stream.close()
    }

    @Test func lockChanged_NobodyListens_IsNothing() throws {
        let heard = try Heard()
        heard.events.lockChanged(heard.folder.names("a.h5"), mode: .shared, isTaken: true, fence: 1)
        let stream = try heard.listen()
        #expect(heard.read(stream).split(separator: "\n").count == 2)
        stream.close()
    }

    @Test func read_SmallBuffers_GiveTheSameText() throws {
        let heard = try Heard()
        let (one, other) = (try heard.listen(), try heard.listen())
        for fence in 1...3 {
            heard.events.lockChanged(heard.folder.names("a.h5"), mode: .shared, isTaken: true, fence: fence)
        }
        #expect(heard.read(one, at: 7) == heard.read(other))
        [one, other].forEach { $0.close() }
    }

    @Test func listen_MoreThanTheLimit_IsUnavailable() throws {
        let heard = try Heard(streams: 1)
        let stream = try heard.listen()
        #expect(throws: ServiceError.self) { try heard.listen() }
        stream.close()
        try heard.listen().close()
    }

    @Test func tell_WhileARequestHasTheExclusiveLock_Waits() throws {
        let heard = try Heard()
        let stream = try heard.listen()
        _ = heard.read(stream)
        let claim = try heard.locks.claim(heard.folder.names("a.h5"), .exclusive, wait: .zero) { _ in }
        heard.folder.make("a.h5", "text")
        heard.folder.make("b.h5", "text")
        #expect(heard.eventually { heard.read(stream).contains("b.h5") })
        heard.folder.make("b.h5", "more text")
        var text = ""
        #expect(
            heard.eventually {
                text += heard.read(stream)
                return text.contains("b.h5")
            })
        #expect(!text.contains("a.h5"))
        heard.locks.pause(claim)
        #expect(heard.eventually { heard.read(stream).contains(#""path":"a.h5""#) })
        stream.close()
    }

    @Test func stop_EndsStreamsBehindTheEventThatIsBeingSent() throws {
        let heard = try Heard()
        let stream = try heard.listen()
        heard.events.stop()
        #expect(heard.read(stream).hasSuffix("\n\n"))
        #expect(heard.isEnd(stream))
        stream.close()
    }

    @Test func clientClosedItsSide_SendsAHeartbeatWithAnID() throws {
        let heard = try Heard()
        let stream = try heard.listen()
        let id = heard.read(stream).split(separator: "\n").last
        stream.clientClosedItsSide()
        #expect(heard.read(stream) == ": nothing new\n\(id ?? "")\n\n")
        stream.close()
    }
}
