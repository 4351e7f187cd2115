import H5Model
import Testing

@testable import Gate

@Suite struct EventTests {
    private let id = EventID(epoch: "k3", number: 7)

    private func text(_ event: Event) -> String { String(decoding: event.text(id: id), as: UTF8.self) }

    @Test func text_ChangedFile_HasItsState() {
        let event = Event(
            kind: .changed, path: [Array("dir".utf8), Array("a b.h5".utf8)],
            details: .state(size: 2048, modified: 1_500_000_000), time: 0)
        let data =
            #"{"path":"dir/a b.h5","kind":"file","time":"1970-01-01T00:00:00Z","size":2048,"modified":"1970-01-01T00:00:01.500000000Z"}"#
        #expect(text(event) == "id: k3-7\nevent: changed\ndata: \(data)\n\n")
    }

    @Test func text_Lock_HasModeAndFence() {
        let event = Event(kind: .locked, path: [Array("a.h5".utf8)], details: .lock(.exclusive, fence: 12), time: 0)
        #expect(text(event).hasSuffix(#","mode":"exclusive","fence":12}"# + "\n\n"))
    }

    @Test func text_NameWithALineBreak_StaysOneLine() {
        let event = Event(kind: .removed, path: [Array("a\nb".utf8)], isDirectory: true, time: 0)
        #expect(text(event).split(separator: "\n").count == 3)
    }

    @Test func text_NameThatIsNotUTF8_HasItsBytesToo() {
        let event = Event(kind: .removed, path: [[0xFF, 0x61]], time: 0)
        #expect(text(event).contains(#""pathBase64":"/2E=""#))
    }

    @Test func id_ItsText_IsParsedBack() {
        #expect(EventID(parsing: id.description) == id)
        #expect(EventID(parsing: "k3") == nil)
    }
}
