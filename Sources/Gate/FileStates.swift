import FileLock

/// The states of all files that an answer was made from: of the file that it is about, of those whose links led there,
/// and of those in which parts of it lie.
struct FileStates {
    /// Of the file that the answer is about.
    var stamp: FileStamp
    /// Of the others; nil for one that was looked for and is not there.
    var others: [Other] = []

    struct Other {
        var path: FilePath
        var stamp: FileStamp?
    }

    init(_ stamp: FileStamp, others: [Other] = []) {
        self.stamp = stamp
        self.others = others
    }

    /// The part of an entity tag that tells these states from others.
    ///
    /// Of the other files it has a digest: there may be hundreds.
    var tag: String {
        if others.isEmpty { return FileTag.state(stamp) }
        let texts = others.map { "\($0.path.text)\n\($0.stamp.map { FileTag.state($0) } ?? "")" }
        return FileTag.state(stamp) + String(Self.mark)
            + FileTag.text(FileTag.hash(Array(texts.joined(separator: "\n").utf8)))
    }

    /// The same part where it tells no state.
    var noTag: String { others.isEmpty ? "0" : "0\(Self.mark)" }

    /// What stands before the other files' part.
    static let mark: Character = "~"

    /// Every state of a file that is there.
    var stamps: [FileStamp] { [stamp] + others.compactMap(\.stamp) }
}
