import CProcess
import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import WorkerMessage

/// What the entity tag of an answer is made of.
///
/// `STATE` alone is the tag of a file; `STATE-TARGET-FORM` that of what a request is answered from it, and short bodies
/// have their content's tag behind that. Any change of the file gives another state. So whoever has a tag of the present
/// state has what there is; and who has one of the present content as well, whatever else has changed.
struct FileTag {
    /// The stamp, without the device number, which differs from server to server.
    let state: String
    /// Whether another change might leave the stamp as it is: it is younger than a file system's time grain.
    let isYoung: Bool
    /// The part between state and content, with its hyphens; empty for the file itself.
    let representation: String
    private let noState: String
    private let now: Int

    /// - Parameter isUnique: No other state of the file can have the stamp, however young it is.
    init(_ stamp: FileStamp, of request: WorkerRequest? = nil, isUnique: Bool) {
        self.init(FileStates(stamp), of: request) { _ in isUnique }
    }

    /// - Parameter isUnique: Whether no other state of a file can have the stamp, however young it is.
    init(_ states: FileStates, of request: WorkerRequest? = nil, isUnique: (FileStamp) -> Bool) {
        let now = WallClock.now
        self.now = now
        state = states.tag
        noState = states.noTag
        isYoung = states.stamps.contains { !isUnique($0) && $0.isYoung(at: now) }
        representation = request.map { Self.target($0) + Self.form($0) } ?? ""
    }

    static func state(_ stamp: FileStamp) -> String {
        [
            Int(truncatingIfNeeded: stamp.identity.inode), stamp.size, stamp.modified.nanosecondsSince1970,
            stamp.changed.nanosecondsSince1970,
        ].map { text(UInt64(bitPattern: Int64($0))) }.joined(separator: ".")
    }

    /// The part of a tag that names what is read.
    static func target(_ request: WorkerRequest) -> String {
        let target = WorkerRequest(
            operation: request.operation, file: request.file, object: request.object, query: request.query)
        return "-" + text(hash(target.encoded()))
    }

    /// The part of a tag that names the form in which it is wanted.
    private static func form(_ request: WorkerRequest) -> String {
        "-" + text(hash(Array((request.accept ?? "").utf8) + [request.acceptsGzip ? 1 : 0]) >> 32)
    }

    /// The tag of a file, or of an answer.
    /// - Parameter content: The tag of a short body.
    /// - Parameter isPassing: No reader sees the file in that state.
    func tag(content: String? = nil, isPassing: Bool = false) -> EntityTag {
        if let content {
            // A young state could be that of another change: it is left out, and only the content counts.
            let state = isYoung || isPassing ? noState : state
            return EntityTag("\(state)\(representation)-\(content)", isWeak: false)
        }
        if isPassing { return EntityTag("\(noState)\(representation)-w", isWeak: true) }
        if !isYoung { return EntityTag(state + representation, isWeak: false) }
        // A weak tag is never given again, so that it cannot stand for a second change of the same stamp.
        return EntityTag("\(state)\(representation)-w\(Self.text(UInt64(now)))", isWeak: true)
    }

    /// The tag of an `If-None-Match` list with which the client has what there is, as its state tells; nil for none.
    func unchanged(in list: String) -> EntityTag? {
        if isYoung { return nil }
        let own = state + representation
        return EntityTag.list(list).first {
            $0.opaque == own
                || !representation.isEmpty && $0.opaque.hasPrefix(own + "-") && !$0.opaque.hasPrefix(own + "-w")
        }
    }

    /// The tag of an `If-None-Match` list with which the client has the same content, whatever its state; nil for none.
    func unchanged(in list: String, content: String?) -> EntityTag? {
        guard let content else { return nil }
        return EntityTag.list(list).first { $0.opaque.hasSuffix("\(representation)-\(content)") }
    }

    static func text(_ number: UInt64) -> String { String(number, radix: 36) }

    /// FNV-1a: the same in every process, unlike Swift's own hashes.
    static func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}

/// What an `If-Match` list asks for (RFC 9110, 13.1.1).
struct MatchCondition {
    private let tags: [EntityTag]
    private let isAny: Bool

    init(_ list: String) {
        tags = EntityTag.list(list)
        isAny = list.filter { $0 != " " } == "*"
    }

    /// Whether the file is in a state that the list names, with the tag of any representation.
    func holds(for states: FileStates) -> Bool {
        let state = states.tag
        return isAny || tags.contains { !$0.isWeak && ($0.opaque == state || $0.opaque.hasPrefix(state + "-")) }
    }

    /// Whether a tag was made of more than one file's state: which files take part shows when the target is read.
    var isOfSeveralFiles: Bool {
        tags.contains { !$0.isWeak && $0.opaque.prefix { $0 != "-" }.contains(FileStates.mark) }
    }

    /// The content tags that the list has of what a request reads: with one of these it holds as well.
    func contents(of reading: WorkerRequest) -> [String] {
        let target = FileTag.target(reading)
        return tags.compactMap { tag in
            let parts = tag.opaque.split(separator: "-", omittingEmptySubsequences: false)
            guard !tag.isWeak, parts.count == 4, "-\(parts[1])" == target else { return nil }
            return String(parts[3])
        }
    }
}

extension EntityTag {
    /// The tags of a list; what is none is left out.
    static func list(_ text: String) -> [EntityTag] {
        text.split(separator: ",").compactMap { element in
            var tag = element.drop { $0 == " " }
            while tag.last == " " { tag.removeLast() }
            let isWeak = tag.hasPrefix("W/")
            if isWeak { tag = tag.dropFirst(2) }
            guard tag.count >= 2, tag.first == "\"", tag.last == "\"" else { return nil }
            return EntityTag(String(tag.dropFirst().dropLast()), isWeak: isWeak)
        }
    }
}

extension Exchange {
    /// - Throws: `precondition_failed` where the client asks for another state of the file (RFC 9110, 13.1.1).
    ///
    /// A tag that any representation of the file had in this state is taken.
    func checkMatch(_ stamp: FileStamp, _ path: FilePath) throws(ServiceError) {
        if try !contentsToMatch(FileStates(stamp), path, nil).isEmpty { return }
    }

    /// The content tags of which the target must have one, since the file is in none of the states that are asked for;
    /// none where there is nothing to compare any more.
    /// - Parameter reading: The request that reads the target; nil where it has no content of its own.
    /// - Throws: `precondition_failed`.
    func contentsToMatch(
        _ states: FileStates, _ path: FilePath, _ reading: WorkerRequest?
    ) throws(ServiceError) -> [String] {
        guard let condition = fields[.ifMatch].map({ MatchCondition($0) }), !condition.holds(for: states) else {
            return []
        }
        guard let reading else { throw Self.mismatch(path) }
        let contents = condition.contents(of: reading)
        if !contents.isEmpty { return contents }
        if condition.isOfSeveralFiles { return [Self.unknownContent] }
        throw Self.mismatch(path)
    }

    /// What no content's tag is: the target is looked at, since it may lie in another file, and is not what is wanted else.
    private static let unknownContent = "-"

    static func mismatch(_ path: FilePath) -> ServiceError {
        ServiceError(.preconditionFailed, "\(path.text) is not what If-Match names any more")
    }

    /// - Throws: `precondition_failed` where `If-Match` asks for something and there is no file.
    func checkMatchOfNothing(_ path: FilePath) throws(ServiceError) {
        if fields[.ifMatch] == nil { return }
        throw ServiceError(.preconditionFailed, "If-Match names nothing that \(path.text) is")
    }

    /// Whether a PUT may only create (`If-None-Match: *`).
    var createsOnly: Bool { method == .put && fields[.ifNoneMatch]?.filter { $0 != " " } == "*" }
}

extension Gate {
    /// What the tag is made of, of what a request is answered from a file in that state.
    func fileTag(of stamp: FileStamp, for request: WorkerRequest? = nil) -> FileTag {
        fileTag(of: FileStates(stamp), for: request)
    }

    /// What the tag is made of, of what a request is answered from files in those states.
    func fileTag(of states: FileStates, for request: WorkerRequest? = nil) -> FileTag {
        FileTag(states, of: request, isUnique: commits.contains)
    }

    /// The tag of a file in that state.
    func tag(of stamp: FileStamp) -> EntityTag { fileTag(of: stamp).tag() }
}

/// The states that this server's own commits have left: each has a time of its own, and so no other state of the file
/// can have the same stamp, however coarse the file system's clock is.
struct CommitTimes {
    private var stamps: [FileIdentity: FileStamp] = [:]
    /// Older than a file system's time grain they are not needed any more.
    private static let most = 4096

    func contains(_ stamp: FileStamp) -> Bool { stamps[stamp.identity] == stamp }

    /// Gives a file that has just been changed a time of modification to the nanosecond, under its exclusive lock.
    ///
    /// > Only the owner of a file sets its times (utimensat(2)): the file of another keeps its time.
    mutating func mark(_ descriptor: Int32) throws(FileLockError) -> FileStamp {
        var times = [timespec(tv_sec: 0, tv_nsec: Int(lh5_omit_time)), timespec()]
        clock_gettime(CLOCK_REALTIME, &times[1])
        let isMarked = futimens(descriptor, times) == 0
        let stamp = try FileStamp(descriptor: descriptor)
        if stamps.count >= Self.most { stamps.removeAll(keepingCapacity: true) }
        stamps[stamp.identity] = isMarked ? stamp : nil
        return stamp
    }
}

extension FileStamp.Time {
    /// In nanoseconds; times before 1707 and after 2242 as these.
    var nanosecondsSince1970: Int {
        let limit = 8_300_000_000
        return min(max(seconds, -limit), limit) * 1_000_000_000 + nanoseconds
    }
}

extension FileStamp {
    /// Whether another change might leave the stamp as it is: it is younger than a file system's time grain.
    package func isYoung(at now: Int = WallClock.now) -> Bool {
        let last = max(modified, changed)
        // Times of whole seconds are those of a file system that keeps no more.
        let isCoarse = modified.nanoseconds == 0 && changed.nanoseconds == 0
        return last.nanosecondsSince1970 > now - (isCoarse ? 1_020_000_000 : 20_000_000)
    }
}
