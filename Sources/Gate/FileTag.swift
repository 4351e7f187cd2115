import FileLock
import Glibc
import HTTPMessage

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
        let opaque = parts.map { String($0, radix: 36) }.joined(separator: "-")
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let newest = max(stamp.modified, stamp.changed).nanosecondsSince1970
        let age = now.tv_sec * 1_000_000_000 + now.tv_nsec - newest
        self.init(opaque, isWeak: age < 20_000_000)
    }

    /// FNV-1a: the same in every process, unlike Swift's own hashes.
    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}

extension FileStamp.Time {
    /// In nanoseconds; times past the year 2262 wrap.
    var nanosecondsSince1970: Int { seconds &* 1_000_000_000 &+ nanoseconds }
}
