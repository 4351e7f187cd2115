import FileLock
import H5Model
import HTTPMessage

/// Something that has happened to a file or a directory, as those who listen are told.
struct Event: Equatable {
    enum Kind: String { case created, changed, removed, locked, unlocked, reset }

    enum Details: Equatable {
        case none
        /// Size in bytes, and time of modification in nanoseconds since 1970.
        case state(size: Int, modified: Int)
        case lock(LockMode, fence: Int)
    }

    var kind: Kind
    var path: FilePath
    var isDirectory = false
    var details = Details.none
    /// When it was noticed, in nanoseconds since 1970.
    var time: Int

    /// Whether it is told to those who listen to `place`: a directory with everything below it, or a file.
    func concerns(_ place: FilePath) -> Bool {
        path.starts(with: place) || (kind == .reset && place.starts(with: path))
    }

    /// The event as it is sent (HTML, 9.2: server-sent events).
    func text(id: EventID) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            FileEntry.member("path", path.joinedBytes, to: &json)
            json.key("kind")
            json.string(isDirectory ? "directory" : "file")
            json.key("time")
            json.string(Timestamp.rfc3339(nanoseconds: time))
            write(details, to: &json)
        }
        return Array("id: \(id)\nevent: \(kind.rawValue)\ndata: ".utf8) + json.bytes + Array("\n\n".utf8)
    }

    private func write(_ details: Details, to json: inout JSONWriter) {
        switch details {
        case .none: break
        case .state(let size, let modified):
            json.key("size")
            json.integer(size)
            json.key("modified")
            json.string(Timestamp.rfc3339(nanoseconds: modified))
        case .lock(let mode, let fence):
            json.key("mode")
            json.string(mode.rawValue)
            json.key("fence")
            json.integer(fence)
        }
    }
}

/// The place of an event among all that one life of a server has told.
struct EventID: Equatable, CustomStringConvertible {
    /// Another one in each life of a server.
    var epoch: String
    var number: Int

    var description: String { "\(epoch)-\(number)" }

    init(epoch: String, number: Int) {
        self.epoch = epoch
        self.number = number
    }

    /// Nil for what no server of this kind has given.
    init?(parsing text: String) {
        guard let dash = text.lastIndex(of: "-"), let number = Int(text[text.index(after: dash)...]), number >= 0 else {
            return nil
        }
        self.init(epoch: String(text[..<dash]), number: number)
    }
}
