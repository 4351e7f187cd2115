import FileLock
import Glibc
import H5Model
import HTTPMessage
import HTTPTypes

extension EntityTag {
    /// The tag of what is made of a file: its stamp, without the device number, which differs from server to server.
    ///
    /// Weak while the stamp is younger than a file system's time grain: a second change might leave it as it is.
    ///
    /// - Parameter representation: What tells one representation of the file from another.
    init(stamp: FileStamp, representation: [UInt8] = []) {
        var parts = [
            Int(truncatingIfNeeded: stamp.identity.inode), stamp.size, stamp.modified.nanosecondsSince1970,
            stamp.changed.nanosecondsSince1970,
        ].map { UInt64(bitPattern: Int64($0)) }
        if !representation.isEmpty { parts.append(Self.hash(representation)) }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = time.tv_sec * 1_000_000_000 + time.tv_nsec
        let isYoung = max(stamp.modified, stamp.changed).nanosecondsSince1970 > now - 20_000_000
        // A weak tag is never given again, so that it cannot stand for a second change of the same stamp.
        if isYoung { parts.append(UInt64(now)) }
        self.init(parts.map { String($0, radix: 36) }.joined(separator: "-"), isWeak: isYoung)
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
    func checkMatch(_ tag: EntityTag, _ path: FilePath) throws(ServiceError) {
        guard let list = fields[.ifMatch], !tag.matches(list: list, strongly: true) else { return }
        if list.filter({ $0 != " " }) == "*" { return }
        throw ServiceError(.preconditionFailed, "\(path.text) is not what If-Match names; it is \(tag.field) now")
    }
}

extension FileStamp.Time {
    /// In nanoseconds; times before 1707 and after 2242 as these.
    var nanosecondsSince1970: Int {
        let limit = 8_300_000_000
        return min(max(seconds, -limit), limit) * 1_000_000_000 + nanoseconds
    }
}
