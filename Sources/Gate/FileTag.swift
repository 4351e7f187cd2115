import CProcess
import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes
import Routes
import WorkerMessage

extension EntityTag {
    /// The tag of what is made of a file: its stamp, without the device number, which differs from server to server.
    ///
    /// Weak while the stamp is younger than a file system's time grain: a second change might leave it as it is.
    ///
    /// - Parameter representation: What tells one representation of the file from another.
    /// - Parameter isUnique: No other state of the file can have the stamp, however young it is.
    init(stamp: FileStamp, representation: [UInt8] = [], isUnique: Bool = false) {
        var parts = Self.state(stamp)
        if !representation.isEmpty { parts.append(Self.text(Self.hash(representation))) }
        let now = WallClock.now
        let isYoung = !isUnique && max(stamp.modified, stamp.changed).nanosecondsSince1970 > now - 20_000_000
        // A weak tag is never given again, so that it cannot stand for a second change of the same stamp.
        if isYoung { parts.append(Self.text(UInt64(now))) }
        self.init(parts.joined(separator: "-"), isWeak: isYoung)
    }

    /// The part of a tag that tells the state of the file, whatever is made of it.
    private static func state(_ stamp: FileStamp) -> [String] {
        [
            Int(truncatingIfNeeded: stamp.identity.inode), stamp.size, stamp.modified.nanosecondsSince1970,
            stamp.changed.nanosecondsSince1970,
        ].map { text(UInt64(bitPattern: Int64($0))) }
    }

    private static func text(_ number: UInt64) -> String { String(number, radix: 36) }

    /// Whether an `If-Match` list has a strong tag of this state of the file; `*` stands for every state.
    static func matches(_ list: String, _ stamp: FileStamp) -> Bool {
        let state = state(stamp).joined(separator: "-")
        return list.split(separator: ",").contains { element in
            let text = element.filter { $0 != " " }
            return text == "*" || text == "\"\(state)\"" || text.hasPrefix("\"\(state)-")
        }
    }

    /// FNV-1a: the same in every process, unlike Swift's own hashes.
    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}

extension Exchange {
    /// - Throws: `precondition_failed` where the client asks for another state of the file (RFC 9110, 13.1.1).
    ///
    /// A tag that any representation of the file had in this state is taken.
    func checkMatch(_ stamp: FileStamp, _ path: FilePath) throws(ServiceError) {
        guard let list = fields[.ifMatch], !EntityTag.matches(list, stamp) else { return }
        throw ServiceError(.preconditionFailed, "\(path.text) is not what If-Match names any more")
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
    /// The tag of what a request is answered from a file in that state.
    func tag(of stamp: FileStamp, for request: WorkerRequest? = nil) -> EntityTag {
        let representation = request?.representation.encoded() ?? []
        return EntityTag(stamp: stamp, representation: representation, isUnique: commits.contains(stamp))
    }
}

extension WorkerRequest {
    /// Only what tells one representation of a file from another.
    fileprivate var representation: WorkerRequest {
        WorkerRequest(
            operation: operation, file: file, object: object, query: query, accept: accept, acceptsGzip: acceptsGzip)
    }
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
