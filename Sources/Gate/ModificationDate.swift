import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes

/// The date that `Last-Modified` tells and `If-Modified-Since` asks about: whole seconds, which a file's changes can
/// share.
///
/// So it is rounded up, and told only when the second of the change is over: whatever changes the file afterwards gives a
/// later one, also on a file system that keeps no more than seconds.
struct ModificationDate {
    private let second: Int
    private let isOver: Bool

    init(_ stamp: FileStamp) {
        let time = stamp.modified
        second = time.seconds + (time.nanoseconds > 0 ? 1 : 0)
        isOver = time.seconds < WallClock.now / 1_000_000_000
    }

    /// The field's value; nil where another change could still have the same.
    var field: String? {
        isOver ? HTTPDate.text(seconds: second) : nil
    }

    /// Whether the file is unchanged since the date of an `If-Modified-Since` field; a field that is no date asks
    /// nothing (RFC 9110, 13.1.3).
    func isUnchanged(since field: String?) -> Bool {
        field.flatMap { HTTPDate.seconds($0) }.map { second <= $0 } ?? false
    }
}

extension Exchange {
    /// Whether a request to read is answered by the date alone: the client has what there is.
    func isUnchanged(_ stamp: FileStamp) -> Bool {
        guard method == .get || method == .head, fields[.ifNoneMatch] == nil else { return false }
        return ModificationDate(stamp).isUnchanged(since: fields[.ifModifiedSince])
    }
}
