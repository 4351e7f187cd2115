import H5Model
import Testing

@testable import Gate

@Suite struct EventFeedTests {
    private var feed = EventFeed(epoch: "e", capacity: 4)
    private let folder = Self.path("run")

    private static func path(_ text: String) -> FilePath { text.split(separator: "/").map { Array($0.utf8) } }

    private static func event(_ path: String, _ kind: Event.Kind = .changed) -> Event {
        Event(kind: kind, path: Self.path(path), time: 0)
    }

    /// The ids of the events that a listener is given.
    private mutating func ids(_ listener: EventFeed.ListenerID) -> [String] {
        var ids: [String] = []
        while let text = feed.read(listener) {
            ids.append(String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }.dropFirst(4), as: UTF8.self))
        }
        return ids
    }

    @Test mutating func read_AfterPublish_GivesWhatConcernsTheListener() {
        let (all, start) = feed.listen(to: [], after: nil, since: 0)
        let (below, _) = feed.listen(to: folder, after: nil, since: 0)
        for path in ["a.h5", "run/b.h5", "running.h5"] { _ = feed.publish(Self.event(path)) }
        #expect(start == .new)
        #expect(ids(all) == ["e-1", "e-2", "e-3"])
        #expect(ids(below) == ["e-2"])
        #expect(ids(all).isEmpty)
    }

    @Test mutating func publish_ListenersThatWait_AreReadyWhereItConcernsThem() {
        let (all, _) = feed.listen(to: [], after: nil, since: 0)
        let (below, _) = feed.listen(to: folder, after: nil, since: 0)
        #expect(ids(all).isEmpty && ids(below).isEmpty)
        #expect(feed.publish(Self.event("a.h5")) == .init(ready: [all]))
        #expect(feed.publish(Self.event("a.h5")) == .init())
        #expect(feed.publish(Self.event("run/b.h5")) == .init(ready: [below]))
        #expect(ids(below) == ["e-3"])
    }

    @Test mutating func publish_ListenerThatDoesNotRead_IsCutWithTheFirstEventThatItLoses() {
        let (slow, _) = feed.listen(to: [], after: nil, since: 0)
        for _ in 0..<4 { #expect(feed.publish(Self.event("a.h5")) == .init()) }
        #expect(feed.publish(Self.event("a.h5")) == .init(cut: [slow]))
        #expect(feed.read(slow) == nil)
        #expect(feed.publish(Self.event("a.h5")) == .init())
    }

    @Test mutating func publish_EventsOfOthers_CutNobody() {
        let (slow, _) = feed.listen(to: folder, after: nil, since: 0)
        for _ in 0..<9 { #expect(feed.publish(Self.event("a.h5")).cut.isEmpty) }
        _ = feed.publish(Self.event("run/b.h5"))
        #expect(ids(slow) == ["e-10"])
    }

    @Test mutating func listen_AfterAnIdInTheRing_GoesOnBehindIt() {
        for path in ["run/a.h5", "b.h5", "run/c.h5"] { _ = feed.publish(Self.event(path)) }
        let (again, start) = feed.listen(to: folder, after: "e-1", since: 0)
        #expect(start == .goesOn)
        #expect(feed.position(of: again).description == "e-1")
        #expect(ids(again) == ["e-3"])
        #expect(feed.position(of: again).description == "e-3")
    }

    @Test(arguments: ["f-9", "e-11", "e-5", "e", "", "e-x", "e--1"])
    mutating func listen_AfterWhatCannotBeToldAnyMore_Resets(_ after: String) {
        for _ in 0..<10 { _ = feed.publish(Self.event("a.h5")) }
        let (listener, start) = feed.listen(to: [], after: after, since: 0)
        #expect(start == .reset)
        #expect(ids(listener).isEmpty)
        #expect(feed.position(of: listener).description == "e-10")
    }

    @Test mutating func listen_AfterTheLastThatLeftTheRing_GoesOn() {
        for _ in 0..<10 { _ = feed.publish(Self.event("a.h5")) }
        let (listener, start) = feed.listen(to: [], after: "e-6", since: 0)
        #expect(start == .goesOn)
        #expect(ids(listener) == ["e-7", "e-8", "e-9", "e-10"])
    }

    @Test mutating func listen_AfterAnIdFromBeforeTheWatch_Resets() {
        _ = feed.publish(Self.event("a.h5"))
        let mark = feed.mark()
        #expect(feed.listen(to: [], after: "e-1", since: mark).1 == .reset)
        #expect(feed.listen(to: [], after: "e-2", since: mark).1 == .goesOn)
    }

    @Test mutating func end_Listener_IsNotTold() {
        let (listener, _) = feed.listen(to: [], after: nil, since: 0)
        _ = feed.read(listener)
        feed.end(listener)
        #expect(feed.publish(Self.event("a.h5")) == .init())
        #expect(feed.listenerCount == 0)
    }

    @Test func reset_ConcernsWhoListensBelowIt() {
        #expect(Self.event("", .reset).concerns(folder))
        #expect(!Self.event("", .removed).concerns(folder))
    }
}
